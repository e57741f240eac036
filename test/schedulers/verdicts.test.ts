import t from 'tap'
import { applicationIntegrator } from './clients/application-integrator.ts'
import { broadcom } from './clients/broadcom.ts'
import { controlMRest } from './clients/control-m.ts'
import { controlMClassic } from './clients/control-m-classic.ts'
import { curl } from './clients/curl.ts'
import { dataFactory } from './clients/data-factory.ts'
import { fujitsu } from './clients/fujitsu.ts'
import { jenkins } from './clients/jenkins.ts'
import { logicApps } from './clients/logic-apps.ts'
import type { Scheduler, Step } from './clients/step.ts'
import { stepFunctions } from './clients/step-functions.ts'
import { stonebranch } from './clients/stonebranch.ts'
import { startLandscape } from './landscape.ts'

/** Each scheduler, with its words for a run that ended well, badly, and by a cancel. */
const SCHEDULERS: Record<string, [Scheduler, good: string, bad: string, canceled: string]> = {
  'control-m-rest': [controlMRest, 'Ended OK', 'Ended Not OK (424)', 'Ended Not OK (409)'],
  'control-m-classic': [controlMClassic, 'Ended OK', 'Ended Not OK (424)', 'Ended Not OK (409)'],
  'application-integrator': [applicationIntegrator, 'Ended OK', 'Ended Not OK', 'Ended Not OK'],
  'data-factory': [dataFactory, 'Succeeded', 'Failed: 424', 'Failed: 409'],
  'logic-apps': [logicApps, 'Succeeded', 'Failed: 424', 'Failed: 409'],
  'step-functions': [
    stepFunctions,
    'SUCCEEDED',
    'FAILED: States.Http.StatusCode.424',
    'FAILED: States.Http.StatusCode.409',
  ],
  broadcom: [broadcom, 'COMPLETE', 'FAILED', 'FAILED'],
  jenkins: [jenkins, 'SUCCESS', 'FAILURE', 'FAILURE'],
  stonebranch: [stonebranch, 'exit 0', 'exit 1', 'exit 1'],
  fujitsu: [fujitsu, 'ended normally', 'ended abnormally', 'ended abnormally'],
  curl: [curl, 'exit 0', 'exit 22', 'exit 22'],
}

const SECOND_MS = 10

t.jobs = 4

const clients = Object.fromEntries(Object.entries(SCHEDULERS).map(([name, [{ client }]]) => [name, client]))
const { publicUrl, look, cancelByHand, simulator } = await startLandscape(t, clients)

const tested = Object.entries(SCHEDULERS).map(([name, [scheduler, good, bad, canceled]]) =>
  t.test(`${name}: a plain step comes to the right verdict`, { buffered: true }, async (t) => {
    const cases = [
      ['good', good, 'SUCCEEDED'],
      ['bad', bad, 'FAILED'],
      ['canceled', canceled, 'CANCELED'],
      ['slow', good, 'SUCCEEDED'],
    ] as const
    await Promise.all(
      cases.map(async ([job, verdict, state]) => {
        const key = `${name}-${job}-20261122`
        const step: Step = { url: publicUrl, user: name, password: name, job, key, secondMs: SECOND_MS }
        const [said] = await Promise.all([scheduler.run(step), job === 'canceled' && cancelByHand(key)])
        const run = await look(key)
        t.equal(said, verdict, job)
        t.match(run, { state, done: true, attempt: 1 }, `${job}: not a word before its end`)
      }),
    )
  }),
)

await Promise.all(tested)
t.equal(simulator.runs().length, 4 * tested.length, 'each step ran its job once')
