import t from 'tap'
import { openWorkspace } from './client.ts'

const MINUTE = 60_000
const job = { name: 'job', job_id: '1', cleanup_ms: 0, pending_ms: 0, tasks: [{ task_key: 'a', duration_ms: MINUTE }] }

t.test('runs beyond the limit wait in order and start when a place is free', async (t) => {
  const workspace = await openWorkspace(t, { jobs: [{ ...job, max_concurrent_runs: 2 }] })
  for (let i = 0; i < 5; i++) await workspace.run('1')
  const states = () => workspace.runs().map((run) => run.life_cycle_state)
  t.strictSame(states(), ['RUNNING', 'RUNNING', 'QUEUED', 'QUEUED', 'QUEUED'])
  const third = workspace.runs()[2]?.run_id ?? ''
  t.match(await workspace.read(third), {
    status: { state: 'QUEUED', queue_details: { code: 'MAX_CONCURRENT_RUNS_REACHED', message: String } },
    state: { life_cycle_state: 'QUEUED', queue_reason: String },
    tasks: [{ task_key: 'a', state: { life_cycle_state: 'QUEUED' }, start_time: 0 }],
  })
  workspace.advance(MINUTE)
  t.strictSame(states(), ['TERMINATED', 'TERMINATED', 'RUNNING', 'RUNNING', 'QUEUED'])
  workspace.advance(2 * MINUTE)
  t.strictSame(
    workspace.runs().map((run) => (run.end_time ?? 0) - run.start_time),
    [1, 1, 2, 2, 3].map((minutes) => minutes * MINUTE),
    'each one ended when it would have, although nobody looked in between',
  )
})

t.test('without a queue the run is skipped', async (t) => {
  const workspace = await openWorkspace(t, { jobs: [{ ...job, queue: { enabled: false } }] })
  await workspace.run('1')
  const skipped = await workspace.read(await workspace.run('1'))
  t.match(skipped, {
    state: { life_cycle_state: 'SKIPPED' },
    status: {
      state: 'TERMINATED',
      termination_details: { code: 'MAX_CONCURRENT_RUNS_EXCEEDED', type: 'CLIENT_ERROR' },
    },
    tasks: [],
  })
  t.notOk('result_state' in skipped.state)
  workspace.setOptions({ skipped_result: true })
  t.match(await workspace.read(await workspace.run('1')), {
    state: { life_cycle_state: 'SKIPPED', result_state: 'MAXIMUM_CONCURRENT_RUNS_REACHED' },
  })
  t.match(await workspace.read(await workspace.run('1', { queue: { enabled: true } })), {
    state: { life_cycle_state: 'QUEUED' },
  })
})

t.test('a job that may have no run skips every one, queue or not', async (t) => {
  const workspace = await openWorkspace(t, { jobs: [{ ...job, max_concurrent_runs: 0 }] })
  await workspace.run('1')
  t.match(workspace.runs(), [{ life_cycle_state: 'SKIPPED' }])
})

t.test('a full queue and a wait of two days end the run', async (t) => {
  const workspace = await openWorkspace(t, {
    jobs: [{ ...job, tasks: [{ task_key: 'a', duration_ms: 1_000 * 3_600_000 }] }],
    options: { queue_limit: 1 },
  })
  for (let i = 0; i < 3; i++) await workspace.run('1')
  t.match(workspace.runs()[2], { life_cycle_state: 'SKIPPED', termination_code: 'MAX_JOB_QUEUE_SIZE_EXCEEDED' })
  workspace.advance(48 * 3_600_000 - 1)
  t.match(workspace.runs()[1], { life_cycle_state: 'QUEUED' })
  workspace.advance(1)
  t.match(workspace.runs()[1], { life_cycle_state: 'SKIPPED', termination_code: 'CANCELED' })
})

t.test('the limit of the workspace queues, or answers 429 where there is no queue', async (t) => {
  const jobs = [job, { ...job, job_id: '2' }, { ...job, job_id: '3', queue: { enabled: false } }]
  const workspace = await openWorkspace(t, { jobs, options: { workspace_run_limit: 1 } })
  await workspace.run('1')
  const waiting = await workspace.run('2')
  t.match(await workspace.read(waiting), { status: { queue_details: { code: 'ACTIVE_RUNS_LIMIT_REACHED' } } })
  const refused = await workspace.post('run-now', '{"job_id":3,"idempotency_token":"again"}')
  t.match(refused, { status: 429, body: { error_code: 'RESOURCE_EXHAUSTED' } })
  workspace.advance(MINUTE)
  t.match(await workspace.read(waiting), { state: { life_cycle_state: 'RUNNING' } })
  workspace.advance(MINUTE)
  await workspace.run('3', { idempotency_token: 'again' })
})
