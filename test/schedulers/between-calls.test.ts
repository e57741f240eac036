import t from 'tap'
import { orderJob } from './clients/control-m.ts'
import { fujitsu, monitor, request, terminate } from './clients/fujitsu.ts'
import type { Step } from './clients/step.ts'
import { startLandscape } from './landscape.ts'

const clients = { 'control-m': { profile: 'control-m' }, fujitsu: fujitsu.client }
const { publicUrl, look, cancelByHand, simulator } = await startLandscape(t, clients)
const stepOf = (user: string, job: string): Step => {
  return { url: publicUrl, user, password: user, job, key: `${user}-${job}`, secondMs: 10 }
}
const startsOf = (job: string) => simulator.runs().filter(({ job_name }) => job_name === job).length

async function ended(key: string): Promise<void> {
  while (!(await look(key))?.done);
}

t.test('Control-M: a failure between two calls is told, and only a later press restarts the job', async (t) => {
  const step = stepOf('control-m', 'slow-bad')
  const job = orderJob(step, () => ended(step.key))
  t.equal(await job.run(), 'Ended Not OK (424)')
  t.equal(job.sysout.length, 2, 'one call while it ran, one after')
  t.match(JSON.parse(job.sysout[1] ?? ''), { state: 'FAILED', attempt: 1, replayed: true, code: 'run-failed' })
  t.equal(startsOf('slow-bad'), 1, 'the rerun by If-Action has started nothing')

  t.equal(await job.run(), 'Ended OK', 'the Rerun button')
  t.match(await look(step.key), { state: 'SUCCEEDED', attempt: 2 })
  t.equal(startsOf('slow-bad'), 2)
})

t.test('Control-M: a cancel between two calls is told, and not made good by a restart', async (t) => {
  const step = stepOf('control-m', 'canceled')
  const job = orderJob(step, async () => {
    await cancelByHand(step.key)
    await ended(step.key)
  })
  t.equal(await job.run(), 'Ended Not OK (409)')
  t.equal(startsOf('canceled'), 1)
})

t.test('Control-M: a good end between two calls is told as one', async (t) => {
  const step = stepOf('control-m', 'slow')
  const job = orderJob(step, () => ended(step.key))
  t.equal(await job.run(), 'Ended OK')
  t.equal(startsOf('slow'), 1)
})

t.test('Fujitsu: the termination request ends the run in Databricks', async (t) => {
  const step = stepOf('fujitsu', 'canceled')
  const id = await request(step)
  await terminate(step, id)
  t.equal(await monitor(step, id), 'ended abnormally')
  t.match(await look(step.key), { state: 'CANCELED', cancel: { client: 'fujitsu' } })
  t.match(simulator.runs().at(-1), { job_name: 'canceled', result_state: 'CANCELED' })
})
