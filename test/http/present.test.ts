import t from 'tap'
import { presentRun } from '../../src/http/present.ts'
import type { Task } from '../../src/runs/run.ts'
import { makeRun } from '../support/make-run.ts'

const NOW = 1_763_800_060_000
const view = { now: NOW, staleAfterMs: 60_000 }

const makeTasks = (state: string, count: number): Task[] =>
  Array.from({ length: count }, (_, i) => ({
    ...{ task_key: `${state}-${i}`, state, databricks_run_id: `${i}` },
    ...{ attempt: 0, message: '' },
  }))

t.test('a run that is under way, every field in the order of the contract', async (t) => {
  const run = makeRun({
    attempt: {
      ...{ state: 'RUNNING', message: '0 of 1 tasks done; running: load', databricks_run_id: '41847992357943' },
      ...{ run_url: 'https://example.cloud.databricks.com/run', ref: 'A/B', parameters: { day: '2026-11-22', n: 3 } },
      ...{ started_at: NOW - 54_040, observed_at: NOW - 1_000, queue_ms: 14_060, life_cycle_state: 'RUNNING' },
      ...{ tasks: makeTasks('RUNNING', 1), tasks_observed_at: NOW - 1_000 },
      task_counts: { total: 1, succeeded: 0, running: 1, pending: 0, failed: 0, skipped: 0 },
    },
  })
  const presented = presentRun(run, view)
  t.equal(
    JSON.stringify(presented),
    JSON.stringify({
      id: run.id,
      job: 'nightly-load',
      state: 'RUNNING',
      done: false,
      result: '',
      message: '0 of 1 tasks done; running: load',
      attempt: 1,
      replayed: false,
      recovered: false,
      run_url: 'https://example.cloud.databricks.com/run',
      databricks_run_id: '41847992357943',
      databricks_job_id: '281874479417551',
      workspace: 'main',
      client: 'control-m',
      key: 'K-1',
      ref: 'A/B',
      parameters: { day: '2026-11-22', n: 3 },
      created_at: '2025-11-22T08:26:40.000Z',
      started_at: '2025-11-22T08:26:45.960Z',
      finished_at: null,
      observed_at: '2025-11-22T08:27:39.000Z',
      stale: false,
      queue_seconds: 14.1,
      run_seconds: 54,
      life_cycle_state: 'RUNNING',
      result_state: null,
      termination_code: null,
      failure: null,
      cancel: null,
      task_counts: { total: 1, succeeded: 0, running: 1, pending: 0, failed: 0, skipped: 0 },
      tasks_observed_at: '2025-11-22T08:27:39.000Z',
      tasks: makeTasks('RUNNING', 1),
    }),
  )
})

t.test('failed tasks first, then running ones, at most twenty; all when asked', async (t) => {
  const tasks = [...makeTasks('SUCCEEDED', 5), ...makeTasks('RUNNING', 15), ...makeTasks('FAILED', 10)]
  const run = makeRun({ attempt: { state: 'RUNNING', tasks } })
  const shown = presentRun(run, view).tasks.map(({ task_key }) => task_key)
  t.equal(shown.length, 20)
  t.strictSame(shown.slice(0, 11), [...makeTasks('FAILED', 10).map(({ task_key }) => task_key), 'RUNNING-0'])
  t.equal(presentRun(run, { ...view, allTasks: true }).tasks.length, 30)
})

t.test('stale: active in Databricks and not heard of for longer than the bound', async (t) => {
  const isStale = (attempt: Parameters<typeof makeRun>[0]) => presentRun(makeRun(attempt), view).stale
  const seen = { state: 'RUNNING', databricks_run_id: '1', observed_at: NOW - 60_000 } as const
  t.notOk(isStale({ attempt: seen }), 'at the bound')
  t.ok(isStale({ attempt: { ...seen, observed_at: NOW - 60_001 } }), 'beyond it')
  t.ok(isStale({ attempt: { ...seen, observed_at: null, created_at: NOW - 60_001 } }), 'never heard of')
  t.notOk(isStale({ attempt: { ...seen, databricks_run_id: null, observed_at: null } }), 'not in Databricks yet')
  t.notOk(isStale({ attempt: { ...seen, state: 'SUCCEEDED', result: 'OK', observed_at: 0 } }), 'over')
})

t.test('time in the queue and running time', async (t) => {
  const times = (attempt: NonNullable<Parameters<typeof makeRun>[0]>['attempt']) => {
    const { queue_seconds, run_seconds } = presentRun(makeRun({ attempt: attempt ?? {} }), view)
    return [queue_seconds, run_seconds]
  }
  t.strictSame(times({ state: 'SUBMITTING' }), [null, null])
  t.strictSame(times({ state: 'QUEUED', started_at: NOW - 5_000 }), [5, null])
  t.strictSame(times({ state: 'RUNNING', started_at: NOW - 5_000, queue_ms: 2_000 }), [2, 5])
  t.strictSame(times({ state: 'RUNNING', started_at: NOW + 5_000 }), [null, 0], 'clocks differ')
  t.strictSame(times({ state: 'FAILED', result: 'KO', started_at: 1, queue_ms: 0, run_ms: 7_250 }), [0, 7.3])
})

t.test('an answer to a repeated key says that nothing ran, and how to run again', async (t) => {
  const message = (attempt: NonNullable<Parameters<typeof makeRun>[0]>['attempt']) => {
    const presented = presentRun(makeRun({ attempt: attempt ?? {} }), { ...view, replay: 'ended' })
    t.equal(presented.replayed, true)
    return presented.message
  }
  const at = { finished_at: NOW }
  t.equal(
    message({ ...at, state: 'SUCCEEDED', result: 'OK', message: 'Ended well.' }),
    "Nothing was started: this key's run ended well at 2025-11-22T08:27:40.000Z. Send rerun=force or another key to run again.",
  )
  t.equal(
    message({ ...at, state: 'FAILED', result: 'KO', message: 'load: boom' }),
    "Nothing was started: this key's run did not end well at 2025-11-22T08:27:40.000Z. load: boom. Now that this was told, the same call with rerun=new or rerun=repair, or another key, runs it again.",
  )
  t.equal(
    message({ ...at, state: 'UNCONFIRMED', result: 'KO', message: 'A rerun cannot start it twice.' }),
    'Nothing was started. A rerun cannot start it twice.',
  )
  const active = presentRun(makeRun({ attempt: { state: 'RUNNING', message: 'running: a' } }), {
    ...view,
    replay: 'under-way',
  })
  t.match(active, { replayed: true, message: 'running: a' })
})

t.test('a wish to cancel, without who could be found by it', async (t) => {
  const cancel = { asked_at: NOW, client: 'other', key_id: 'k', ref: 'R', remote_address: '10.0.0.1', sent_at: null }
  t.strictSame(presentRun(makeRun({ attempt: { cancel } }), view).cancel, {
    asked_at: '2025-11-22T08:27:40.000Z',
    client: 'other',
    ref: 'R',
    sent_at: null,
  })
})

t.test('attempts, oldest first, without what is internal', async (t) => {
  const { attempt } = makeRun({ attempt: { state: 'FAILED', result: 'KO', cause: 'user_code' } })
  const run = makeRun({ attempt: { number: 2, kind: 'new', state: 'RUNNING' } })
  t.equal(presentRun(run, view).attempts, undefined)
  const { attempts = [] } = presentRun(run, { ...view, attempts: [attempt, run.attempt] })
  t.match(attempts, [
    { number: 1, kind: 'first', state: 'FAILED', cause: 'user_code' },
    { number: 2, kind: 'new', state: 'RUNNING' },
  ])
  t.notMatch(Object.keys(attempts[0] ?? {}), ['token'])
  t.notOk('token' in (attempts[0] ?? {}) || 'request_body' in (attempts[0] ?? {}))
})
