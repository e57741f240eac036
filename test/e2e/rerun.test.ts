import t, { type Test } from 'tap'
import { startInProcess } from '../support/in-process.ts'
import { createJumpingClock } from '../support/jumping-clock.ts'

const TEN_MINUTES_MS = 600_000
const DAY_MS = 86_400_000

/** Both fail whenever they are run, and end well when they are repaired; the long one takes its time. */
const shared = { pending_ms: 0, cleanup_ms: 0, max_concurrent_runs: 1000, parameters: [{ name: 'day', default: 'x' }] }
const task = { task_key: 'load', attempts: ['failed', 'success'], error: 'boom' }
const definitions = [
  { ...shared, job_id: '11', name: 'flaky', tasks: [{ ...task, duration_ms: 20 }] },
  { ...shared, job_id: '12', name: 'long', tasks: [{ ...task, duration_ms: TEN_MINUTES_MS }] },
  { ...shared, job_id: '13', name: 'good', tasks: [{ task_key: 'load', duration_ms: 20 }] },
]

async function start(t: Test) {
  const clock = createJumpingClock(Date.UTC(2026, 10, 22))
  const job = (job_id: string, more: object = {}) => ({ job_id, parameters: { day: {} }, ...more })
  const { call, simulator } = await startInProcess(t, {
    clock,
    workspace: { jobs: definitions },
    jobs: {
      flaky: job('11', { rerun_min_seconds: 0 }),
      patient: job('11'),
      long: job('12', { rerun_min_seconds: 0 }),
      good: job('13', { key_ttl_days: 1 }),
    },
    clients: { caller: { permissions: ['trigger', 'read', 'cancel'] }, other: { permissions: ['read'] } },
  })
  const trigger = (job: string, key: string, query = '', day = 'mon') =>
    call('caller', 'POST', `/trigger/${job}?key=${key}&p.day=${day}&${query}`)
  /** What a person does in Databricks. */
  async function byHand(what: string, body: string) {
    const headers = { authorization: `Bearer ${simulator.credentials.token}` }
    const response = await fetch(`${simulator.url}/api/2.2/jobs/runs/${what}`, { method: 'POST', headers, body })
    if (!response.ok) throw new Error(await response.text())
  }
  return {
    ...{ clock, call, simulator, trigger },
    /** Runs the job to its end, and tells it. */
    async fail(job: string, key: string) {
      const { body } = await trigger(job, key, 'wait=30')
      if (body.state !== 'FAILED') throw new Error(`${key} is ${body.state}`)
      return body
    },
    /** The same for the long job, whose time is jumped over. */
    async failLong(key: string, query = '') {
      const { id } = (await trigger('long', key, query)).body
      while ((await call('other', 'GET', `/runs/${id}`)).body.state !== 'RUNNING');
      clock.jump(TEN_MINUTES_MS)
      const { status, body } = await call('caller', 'GET', `/runs/${id}/await?wait=30`)
      if (status !== 424) throw new Error(`${key} is ${body.state}`)
      return body
    },
    tokens: () => simulator.runs().map(({ idempotency_token }) => idempotency_token),
    repairs: () => simulator.counts()['POST /api/2.2/jobs/runs/repair'] ?? 0,
    repairByHand: (runId: string) => byHand('repair', `{"run_id":${runId},"rerun_all_failed_tasks":true}`),
    deleteByHand: (runId: string) => byHand('delete', `{"run_id":${runId}}`),
  }
}

t.test('a failed job under the same key does what the policy says', async (t) => {
  const { call, fail, trigger, simulator, repairs } = await start(t)
  const attempts = async (id: string) =>
    (await call('caller', 'GET', `/runs/${id}?include=attempts`)).body.attempts.map(
      (attempt: { kind: string; parameters: { day: string } }) => `${attempt.kind} ${attempt.parameters.day}`,
    )
  const cases = [
    ['replay', 'mon', { status: 200, body: { state: 'FAILED', attempt: 1, replayed: true } }, ['first mon']],
    ['replay', 'tue', { status: 422, body: { code: 'key-reused', detail: /day = "mon"; this call says "tue"/ } }],
    ['new', 'mon', { body: { state: 'FAILED', attempt: 2, replayed: false } }, ['first mon', 'new mon']],
    ['new', 'tue', { body: { state: 'FAILED', attempt: 2, parameters: { day: 'tue' } } }, ['first mon', 'new tue']],
    ['repair', 'mon', { body: { state: 'SUCCEEDED', attempt: 2, replayed: false } }, ['first mon', 'repair mon']],
    ['repair', 'tue', { status: 422, body: { code: 'key-reused' } }],
    ['force', 'mon', { body: { state: 'FAILED', attempt: 2, replayed: false } }, ['first mon', 'force mon']],
    ['force', 'tue', { body: { state: 'FAILED', attempt: 2, parameters: { day: 'tue' } } }, ['first mon', 'force tue']],
  ] as const
  for (const [policy, day, expected, history = ['first mon']] of cases) {
    const key = `${policy}-${day}`
    const { id } = await fail('flaky', key)
    t.match(
      await trigger('flaky', key, `rerun=${policy}&wait=30`, day),
      { ...expected, body: { ...expected.body, id } },
      key,
    )
    t.strictSame(await attempts(id), history, `${key}: what it came to`)
  }
  t.equal(simulator.runs().length, cases.length + 4)
  t.equal(repairs(), 1)
})

t.test('a run that was deleted in Databricks cannot be repaired, and is run anew', async (t) => {
  const { fail, trigger, deleteByHand, repairs } = await start(t)
  const { id, databricks_run_id } = await fail('flaky', 'K')
  await deleteByHand(databricks_run_id)
  const again = await trigger('flaky', 'K', 'rerun=repair&wait=30')
  t.match(again, { status: 200, body: { id, attempt: 2, replayed: false, state: 'FAILED' } })
  t.not(again.body.databricks_run_id, databricks_run_id)
  t.equal(repairs(), 0)
})

t.test('a job that ended well is run again by force alone', async (t) => {
  const { trigger, simulator } = await start(t)
  const good = await trigger('good', 'K', 'wait=30')
  for (const policy of ['replay', 'new', 'repair']) {
    t.match((await trigger('good', 'K', `rerun=${policy}`)).body, { id: good.body.id, attempt: 1, replayed: true })
    t.match(await trigger('good', 'K', `rerun=${policy}`, 'tue'), { status: 422, body: { code: 'key-reused' } })
  }
  const forced = await trigger('good', 'K', 'rerun=force&wait=30', 'tue')
  t.match(forced.body, { id: good.body.id, attempt: 2, replayed: false, parameters: { day: 'tue' } })
  t.match((await trigger('good', 'K', 'rerun=force&wait=30', 'tue')).body, { attempt: 3, replayed: false })
  t.equal(simulator.runs().length, 3)
})

t.test('an ending that nobody was told is told first, whatever the policy and the parameters', async (t) => {
  const { call, trigger, simulator } = await start(t)
  for (const policy of ['new', 'repair', 'force']) {
    const { id } = (await trigger('flaky', policy)).body
    while (!(await call('other', 'GET', `/runs/${id}`)).body.done);
    t.match((await trigger('flaky', policy, `rerun=${policy}`, 'tue')).body, { id, attempt: 1, replayed: true }, policy)
  }
  t.equal(simulator.runs().length, 3)
})

t.test('reruns that race start one attempt, whatever their policies', async (t) => {
  const { failLong, trigger, simulator, repairs } = await start(t)
  for (const policies of [['new'], ['repair'], ['force'], ['new', 'repair', 'force']]) {
    const key = policies.join('-')
    await failLong(key)
    const before = simulator.runs().length + repairs()
    // All read the failed run in Databricks before the first of them goes on.
    const fault = simulator.addFault({ path: '/api/2.2/jobs/runs/get', delay_ms: 300, times: 6 })
    const racing = Array.from({ length: 6 }, (_, i) => trigger('long', key, `rerun=${policies[i % policies.length]}`))
    for (const { status, body } of await Promise.all(racing)) {
      t.match({ status, body }, { status: 202, body: { attempt: 2, done: false } }, `${key}: ${body.detail ?? ''}`)
    }
    simulator.clearFaults(fault)
    t.equal(simulator.runs().length + repairs(), before + 1, `${key}: one attempt`)
  }
})

t.test('of reruns with different parameters that race one counts, and the others are told so', async (t) => {
  const { failLong, trigger, simulator } = await start(t)
  await failLong('K')
  const days = ['tue', 'wed', 'thu']
  const answers = await Promise.all(days.map((day) => trigger('long', 'K', 'rerun=new', day)))
  t.strictSame(answers.map(({ status }) => status).sort(), [202, 422, 422])
  const winner = answers.find(({ status }) => status === 202)
  t.match(winner?.body, { attempt: 2, replayed: false })
  for (const { body } of answers) if (body.code) t.match(body, { code: 'key-reused', id: winner?.body.id })
  t.equal(simulator.runs().length, 2)
})

for (const policy of ['new', 'repair', 'force']) {
  t.test(`somebody repairs in Databricks: rerun=${policy} joins in`, async (t) => {
    const { failLong, trigger, repairByHand, call, clock, simulator, repairs } = await start(t)
    const failed = await failLong('K')
    await repairByHand(failed.databricks_run_id)
    const other = await trigger('long', 'K', `rerun=${policy}`, 'tue')
    t.match(other, { status: 422, body: { code: 'key-reused', id: failed.id } }, 'not with other parameters')
    t.match(await trigger('long', 'K', `rerun=${policy}`), {
      status: 202,
      body: { id: failed.id, attempt: 1, done: false, replayed: true, databricks_run_id: failed.databricks_run_id },
    })
    clock.jump(TEN_MINUTES_MS)
    const ended = await call('caller', 'GET', `/runs/${failed.id}/await?wait=30`)
    t.match(ended, { status: 200, body: { state: 'SUCCEEDED', attempt: 1 } })
    t.equal(simulator.runs().length + repairs(), 2, 'the run, and the repair by hand')
  })
}

t.test('a run that was canceled here and repaired in Databricks is not canceled again', async (t) => {
  const { call, trigger, repairByHand, clock, simulator } = await start(t)
  const { id } = (await trigger('long', 'K')).body
  const canceled = await call('caller', 'POST', `/runs/${id}/cancel?wait=30`)
  t.match(canceled, { status: 200, body: { state: 'CANCELED' } })
  // By the call and by the watcher that it has woken, perhaps.
  const cancels = () => simulator.counts()['POST /api/2.2/jobs/runs/cancel']
  const before = cancels()
  await repairByHand(canceled.body.databricks_run_id)
  t.match((await trigger('long', 'K', 'rerun=new')).body, { id, attempt: 1, done: false, cancel: null })
  const looked = clock.jump(TEN_MINUTES_MS / 2)
  while (Date.parse((await call('other', 'GET', `/runs/${id}`)).body.observed_at) < looked);
  clock.jump(TEN_MINUTES_MS / 2)
  t.match(await call('caller', 'GET', `/runs/${id}/await?wait=30`), { status: 200, body: { state: 'SUCCEEDED' } })
  t.equal(cancels(), before)
})

t.test('each press of the rerun button starts at most one attempt', async (t) => {
  const { trigger, failLong, fail, simulator } = await start(t)
  await failLong('K', 'rerun_id=1')
  const presses = await Promise.all(Array.from({ length: 5 }, () => trigger('long', 'K', 'rerun=new&rerun_id=2')))
  t.strictSame([...new Set(presses.map(({ body }) => body.attempt))], [2])
  t.match((await trigger('long', 'K', 'rerun=new&rerun_id=3')).body, { attempt: 2, done: false }, 'under way: attached')
  t.equal(simulator.runs().length, 2)

  const press = async (id: number) => (await trigger('flaky', 'K', `rerun=new&wait=30&rerun_id=${id}`)).body
  await fail('flaky', 'K')
  t.match(await press(7), { attempt: 2, replayed: false })
  t.match(await press(8), { attempt: 3, replayed: false })
  t.match(await press(7), { attempt: 3, replayed: true }, 'an old press, sent again')
})

t.test('without a rerun_id a repeat soon after the ending was told is no rerun', async (t) => {
  const { fail, trigger, clock } = await start(t)
  await fail('patient', 'K')
  t.match((await trigger('patient', 'K', 'rerun=new')).body, { attempt: 1, replayed: true })
  clock.jump(31_000)
  t.match((await trigger('patient', 'K', 'rerun=new')).body, { attempt: 2, replayed: false })
})

t.test('a key that has outlived its time, or whose run was purged, is a new order with a fresh token', async (t) => {
  const { call, trigger, clock, tokens } = await start(t)
  const first = (await trigger('good', 'K', 'wait=30')).body
  clock.jump(DAY_MS)
  const second = await trigger('good', 'K', 'wait=30', 'tue')
  t.match(second, { status: 200, body: { attempt: 2, replayed: false, parameters: { day: 'tue' } } })
  t.not(second.body.id, first.id)
  t.equal((await call('caller', 'GET', '/run?job=good&key=K')).body.id, second.body.id)
  t.match(await call('caller', 'GET', `/runs/${first.id}`), { status: 200, body: { state: 'SUCCEEDED' } })

  clock.jump(91 * DAY_MS)
  for (const { id } of [first, second.body]) {
    while ((await call('caller', 'GET', `/runs/${id}`)).status === 200);
    t.match(await call('caller', 'GET', `/runs/${id}/await`), { status: 410, body: { code: 'run-purged' } })
  }
  t.match(await call('caller', 'GET', '/run?job=good&key=K'), { status: 410 })
  const third = await trigger('good', 'K', 'wait=30')
  t.match(third, { status: 200, body: { attempt: 3, replayed: false } })
  t.equal(new Set(tokens()).size, tokens().length, 'no token twice')
})
