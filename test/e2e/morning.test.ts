import t, { type Test } from 'tap'
import { orderJob } from '../schedulers/clients/control-m.ts'
import { startInProcess } from '../support/in-process.ts'
import { createJumpingClock } from '../support/jumping-clock.ts'

const MINUTE_MS = 60_000

const ERROR = '\u001b[31mAnalysisException\u001b[0m: Table or view not found: stg.sales'
const shared = { pending_ms: 0, cleanup_ms: 0, parameters: [{ name: 'day', default: '' }] }
const nightly = {
  ...{ ...shared, job_id: '11', name: 'nightly' },
  tasks: [
    { task_key: 'extract', duration_ms: MINUTE_MS, notebook_exit: '{"rows": 42}' },
    {
      ...{ task_key: 'load', depends_on: [{ task_key: 'extract' }], duration_ms: 19 * MINUTE_MS },
      ...{ outcome: ['failed', 'success'], error: ERROR, error_trace: `\u001b[31mTraceback\u001b[0m\n  line 1` },
    },
  ],
}
const runaway = { ...shared, job_id: '12', name: 'runaway', tasks: [{ task_key: 'loop', duration_ms: 1e9 }] }

/** Ten to two in the night: Control-M orders its jobs. */
async function startNight(t: Test) {
  const clock = createJumpingClock(Date.UTC(2026, 10, 22, 1, 50))
  const parameters = { day: {} }
  const { call, url, simulator } = await startInProcess(t, {
    clock,
    server: { max_wait_seconds: 1 },
    workspace: { jobs: [nightly, runaway] },
    jobs: { nightly: { job_id: '11', parameters }, runaway: { job_id: '12', parameters } },
    clients: {
      'control-m': { profile: 'control-m', permissions: ['trigger', 'read', 'output', 'cancel'] },
      operator: { permissions: ['read', 'output'] },
    },
  })
  const credentials = { user: 'control-m', password: 'control-m' }
  const order = (job: string, beforeRerun: () => Promise<void>) =>
    orderJob({ ...credentials, url, job, key: `${job}-20261122-0a1b2`, secondMs: 0 }, beforeRerun)
  return { call, simulator, clock, order }
}

t.test('a job failed at 02:10: its output, the list, the Rerun button, the history', async (t) => {
  const { call, clock, order, simulator } = await startNight(t)
  const job = order('nightly', async () => void clock.jump(20 * MINUTE_MS))
  t.equal(await job.run(), 'Ended Not OK (424)')

  const told = JSON.parse(job.sysout.at(-1) ?? '')
  const { id, run_url } = told
  t.match(told, {
    ...{ state: 'FAILED', result: 'KO', detail: 'load: AnalysisException: Table or view not found: stg.sales' },
    ...{ finished_at: /^2026-11-22T02:10:/, failure: { cause: 'user_code', task_key: 'load', repairable: true } },
  })
  t.strictSame(told.output.split('\n'), [
    `run ${id} of nightly: FAILED, attempt 1`,
    'load: AnalysisException: Table or view not found: stg.sales',
    run_url,
    '',
    'task extract: SUCCEEDED',
    '  exit value: {"rows": 42}',
    '',
    'task load: FAILED: AnalysisException: Table or view not found: stg.sales',
    '  Traceback',
    '    line 1',
    '',
  ])

  const list = (query: string) => call('operator', 'GET', `/runs?since=2026-11-22T01:00:00Z&format=text&${query}`)
  const [line = ''] = (await list('result=ko')).text.split('\n')
  t.match(line, /^\w{26} nightly FAILED KO 2026-11-22T02:10:\d\d\.\d{3}Z load: AnalysisException: .* stg\.sales$/)
  t.ok(line.startsWith(id))
  const output = await call('operator', 'GET', `/runs/${id}/output?format=text&task=load`)
  t.match(output.text, /^task load: FAILED: .*\n {2}Traceback\n {4}line 1$/m)

  t.equal(await job.run(), 'Ended OK', 'the Rerun button, once stg.sales is there')
  t.equal((await list('result=ko')).text, '')
  const { attempts, ...run } = (await call('operator', 'GET', `/runs/${id}?include=attempts`)).body
  t.match(run, { id, state: 'SUCCEEDED', attempt: 2 })
  t.match(attempts, [
    {
      ...{ number: 1, kind: 'first', client: 'control-m', ref: 'SALES/nightly/0a1b2/1', state: 'FAILED', result: 'KO' },
      ...{ cause: 'user_code', message: /stg\.sales$/, run_url, finished_at: /^2026-11-22T02:10:/ },
    },
    { number: 2, kind: 'new', ref: 'SALES/nightly/0a1b2/3', state: 'SUCCEEDED', finished_at: /^2026-11-22T02:30:/ },
  ])
  t.equal(attempts.length, 2)
  t.equal(simulator.runs().length, 2)
})

t.test('a runaway is canceled by its key, and its Control-M job ends', async (t) => {
  const { call, clock, order } = await startNight(t)
  const key = 'runaway-20261122-0a1b2'
  const job = order('runaway', async () => {
    clock.jump(300 * MINUTE_MS)
    const [line = ''] = (await call('operator', 'GET', '/runs?state=running&format=text')).text.split('\n')
    t.match(line, / runaway RUNNING - /)
    const refused = await call('operator', 'POST', `/cancel?job=runaway&key=${key}`)
    t.match(refused, { status: 403, body: { code: 'forbidden' } })
    const canceled = await call('control-m', 'POST', `/cancel?job=runaway&key=${key}&wait=1&ref=ONCALL/ana`)
    t.match(canceled, { status: 200, body: { state: 'CANCELED', cancel: { ref: 'ONCALL/ana' } } })
  })
  t.equal(await job.run(), 'Ended Not OK (409)')
  t.match(JSON.parse(job.sysout.at(-1) ?? ''), {
    ...{ state: 'CANCELED', code: 'run-canceled', replayed: true },
    failure: { cause: 'canceled', message: 'Canceled by control-m (ONCALL/ana) through the gateway.' },
  })
  t.match((await call('operator', 'GET', '/runs?format=text')).text, / runaway CANCELED KO 2026-11-22T06:5\d:/)
})
