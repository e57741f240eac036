import t from 'tap'
import type { JobDefinition, Outcome, TaskDefinition } from '../../src/simulator/definitions.ts'
import { openWorkspace } from './client.ts'

const FAILED = 'Workload failed, see run output for details'

type States = [legacy: string, state: string, details: string]

/** Both state objects in short: `life cycle / result`, `status.state`, `code, type`. */
function statesOf({ state, status }: { state: object; status?: unknown }): States {
  const legacy = state as { life_cycle_state: string; result_state?: string; user_cancelled_or_timedout: boolean }
  const modern = status as { state: string; termination_details?: { code: string; type: string } }
  const { code, type } = modern.termination_details ?? { code: '–', type: '–' }
  const cut = legacy.user_cancelled_or_timedout ? ' (cut)' : ''
  return [`${legacy.life_cycle_state} / ${legacy.result_state ?? '–'}${cut}`, modern.state, `${code}, ${type}`]
}

const outcomes: [outcome: Outcome, task: States, run: States][] = [
  [
    'success',
    ['TERMINATED / SUCCESS', 'TERMINATED', 'SUCCESS, SUCCESS'],
    ['TERMINATED / SUCCESS', 'TERMINATED', 'SUCCESS, SUCCESS'],
  ],
  [
    'failed',
    ['TERMINATED / FAILED', 'TERMINATED', 'RUN_EXECUTION_ERROR, CLIENT_ERROR'],
    ['INTERNAL_ERROR / FAILED', 'TERMINATED', 'RUN_EXECUTION_ERROR, CLIENT_ERROR'],
  ],
  [
    'timed_out',
    ['TERMINATED / TIMEDOUT (cut)', 'TERMINATED', 'CANCELED, CLIENT_ERROR'],
    ['TERMINATED / TIMEDOUT (cut)', 'TERMINATED', 'CANCELED, CLIENT_ERROR'],
  ],
  [
    'canceled',
    ['TERMINATED / CANCELED (cut)', 'TERMINATED', 'USER_CANCELED, CLIENT_ERROR'],
    ['TERMINATED / CANCELED (cut)', 'TERMINATED', 'USER_CANCELED, CLIENT_ERROR'],
  ],
  [
    'internal_error',
    ['INTERNAL_ERROR / FAILED', 'TERMINATED', 'INTERNAL_ERROR, INTERNAL_ERROR'],
    ['INTERNAL_ERROR / FAILED', 'TERMINATED', 'INTERNAL_ERROR, INTERNAL_ERROR'],
  ],
  [
    { as: 'internal_error', result_state: null },
    ['INTERNAL_ERROR / –', 'TERMINATED', 'INTERNAL_ERROR, INTERNAL_ERROR'],
    ['INTERNAL_ERROR / –', 'TERMINATED', 'INTERNAL_ERROR, INTERNAL_ERROR'],
  ],
  [
    'cloud_failure',
    ['INTERNAL_ERROR / FAILED', 'TERMINATED', 'CLOUD_FAILURE, CLOUD_FAILURE'],
    ['INTERNAL_ERROR / FAILED', 'TERMINATED', 'CLOUD_FAILURE, CLOUD_FAILURE'],
  ],
  [
    'LIBRARY_INSTALLATION_ERROR',
    ['TERMINATED / FAILED', 'TERMINATED', 'LIBRARY_INSTALLATION_ERROR, CLIENT_ERROR'],
    ['INTERNAL_ERROR / FAILED', 'TERMINATED', 'LIBRARY_INSTALLATION_ERROR, CLIENT_ERROR'],
  ],
  [
    { code: 'NEVER_SEEN', type: 'NEW_TYPE', result_state: 'NEW_RESULT' },
    ['TERMINATED / NEW_RESULT', 'TERMINATED', 'NEVER_SEEN, NEW_TYPE'],
    ['TERMINATED / NEW_RESULT', 'TERMINATED', 'NEVER_SEEN, NEW_TYPE'],
  ],
]

t.test('each outcome of a task shows at task and at run level as the table says', async (t) => {
  const workspace = await openWorkspace(t)
  for (const [outcome, task, run] of outcomes) {
    const jobId = workspace.defineJob({ name: 'one', tasks: [{ task_key: 'main', outcome }] })
    const runId = await workspace.run(jobId)
    workspace.advance(60_000)
    const body = await workspace.read(runId)
    t.strictSame(statesOf(body), run, `run: ${JSON.stringify(outcome)}`)
    t.strictSame(body.tasks.map(statesOf), [task], `task: ${JSON.stringify(outcome)}`)
  }
})

t.test('the texts of an everyday failure', async (t) => {
  const workspace = await openWorkspace(t)
  const runId = await workspace.run(
    workspace.defineJob({ name: 'one', tasks: [{ task_key: 'load', outcome: 'failed' }] }),
  )
  workspace.advance(60_000)
  const { state, tasks } = await workspace.read(runId)
  t.equal(state.state_message, `Task load failed with message: ${FAILED}.`)
  t.equal(tasks[0]?.state.state_message, FAILED)
})

/** Tasks in short: `b<a` depends on a; what happens to it comes after. */
function graph(...tasks: [link: string, more?: Partial<TaskDefinition>][]): JobDefinition {
  return {
    name: 'graph',
    tasks: tasks.map(([link, more]) => {
      const [task_key = '', from = ''] = link.split('<')
      return { task_key, depends_on: [...from].map((key) => ({ task_key: key })), ...more }
    }),
  }
}

const failed = { outcome: 'failed' } as const

const graphs: [name: string, job: JobDefinition, tasks: string, run: string][] = [
  [
    'downstream of a failure',
    graph(['a', failed], ['b<a'], ['c<b']),
    'FAILED UPSTREAM_FAILED UPSTREAM_FAILED',
    'FAILED',
  ],
  [
    'a failure made good',
    graph(['a', failed], ['b<a', { run_if: 'ALL_DONE' }]),
    'FAILED SUCCESS',
    'SUCCESS_WITH_FAILURES',
  ],
  [
    'at least one success',
    graph(['a', failed], ['b'], ['c<ab', { run_if: 'AT_LEAST_ONE_SUCCESS' }]),
    'FAILED SUCCESS SUCCESS',
    'SUCCESS_WITH_FAILURES',
  ],
  [
    'none failed, one excluded',
    graph(['a'], ['b<a', { run_if: 'ALL_FAILED' }], ['c<ab', { run_if: 'NONE_FAILED' }]),
    'SUCCESS EXCLUDED SUCCESS',
    'SUCCESS',
  ],
  [
    'a handler that is not needed',
    graph(['a'], ['b<a', { run_if: 'AT_LEAST_ONE_FAILED' }]),
    'SUCCESS EXCLUDED',
    'SUCCESS',
  ],
  [
    'a handler that is needed',
    graph(['a', failed], ['b<a', { run_if: 'AT_LEAST_ONE_FAILED' }]),
    'FAILED SUCCESS',
    'SUCCESS_WITH_FAILURES',
  ],
  [
    'after an excluded task',
    graph(['a'], ['b<a', { run_if: 'ALL_FAILED' }], ['c<b']),
    'SUCCESS EXCLUDED EXCLUDED',
    'SUCCESS',
  ],
  ['after a disabled task', graph(['a', { disabled: true }], ['b<a']), 'DISABLED SUCCESS', 'SUCCESS'],
  ['nothing but disabled tasks', graph(['a', { disabled: true }]), 'DISABLED', '–'],
  ['after a cancelled task', graph(['a', { outcome: 'canceled' }], ['b<a']), 'CANCELED UPSTREAM_CANCELED', 'CANCELED'],
  [
    'the other branch of a condition',
    graph(
      ['a', { kind: 'condition', condition_outcome: 'false' }],
      ['b', { depends_on: [{ task_key: 'a', outcome: 'true' }] }],
      ['c', { depends_on: [{ task_key: 'a', outcome: 'false' }] }],
    ),
    'SUCCESS EXCLUDED SUCCESS',
    'SUCCESS',
  ],
  [
    'a retry that helps',
    graph(['a', { attempts: ['failed', 'success'], max_retries: 2 }]),
    'FAILED SUCCESS',
    'SUCCESS',
  ],
  ['retries that do not help', graph(['a', { ...failed, max_retries: 2 }]), 'FAILED FAILED FAILED', 'FAILED'],
  [
    'a time-out without retry',
    graph(['a', { duration_ms: 2_000, timeout_seconds: 1, max_retries: 1 }]),
    'TIMEDOUT',
    'TIMEDOUT',
  ],
  [
    'a time-out with retry',
    graph(['a', { duration_ms: 2_000, timeout_seconds: 1, max_retries: 1, retry_on_timeout: true }]),
    'TIMEDOUT TIMEDOUT',
    'TIMEDOUT',
  ],
  [
    'a time-out of the job',
    { ...graph(['a'], ['b<a', { duration_ms: 90_000 }], ['c<b']), timeout_seconds: 10 },
    'SUCCESS TIMEDOUT TIMEDOUT',
    'TIMEDOUT',
  ],
]

t.test('dependencies, conditions, retries and time-outs add up to the result of the run', async (t) => {
  const workspace = await openWorkspace(t)
  for (const [name, job, tasks, run] of graphs) {
    const runId = await workspace.run(workspace.defineJob(job))
    workspace.advance(600_000)
    const body = await workspace.read(runId)
    const result = (each: { state: { result_state?: string } }) => each.state.result_state ?? '–'
    t.strictSame([body.tasks.map(result).join(' '), result(body)], [tasks, run], name)
  }
})

t.test('a retry is a new task run of the same task', async (t) => {
  const workspace = await openWorkspace(t)
  const tasks = [{ task_key: 'a', ...failed, max_retries: 1, duration_ms: 100, min_retry_interval_ms: 1_000 }]
  const runId = await workspace.run(workspace.defineJob({ name: 'retried', pending_ms: 0, tasks }))
  t.equal((await workspace.read(runId)).tasks.length, 1)
  workspace.advance(100)
  const waiting = await workspace.read(runId)
  t.strictSame(
    waiting.tasks.map((task) => [task.task_key, task.attempt_number, ...statesOf(task).slice(0, 2)]),
    [
      ['a', 0, 'TERMINATED / FAILED', 'TERMINATED'],
      ['a', 1, 'WAITING_FOR_RETRY / –', 'WAITING'],
    ],
  )
  t.not(waiting.tasks[0]?.run_id, waiting.tasks[1]?.run_id)
  t.equal(waiting.state.life_cycle_state, 'RUNNING')
})

t.test('outcome and duration may depend on which run of the job it is', async (t) => {
  const workspace = await openWorkspace(t)
  const task = { task_key: 'a', outcome: ['failed', 'success'], duration_ms: [3_000, 2_000] }
  const jobId = workspace.defineJob({ name: 'job', tasks: [task] })
  const results: unknown[] = []
  for (let nth = 0; nth < 3; nth++) {
    const runId = await workspace.run(jobId)
    workspace.advance(60_000)
    const { state, tasks } = await workspace.read(runId)
    results.push([state.result_state, tasks[0]?.['execution_duration']])
  }
  t.strictSame(results, [
    ['FAILED', 3_000],
    ['SUCCESS', 2_000],
    ['SUCCESS', 2_000],
  ])
})

t.test('words that nobody has seen, and a workspace without status', async (t) => {
  const workspace = await openWorkspace(t, { options: { renamed_values: { RUNNING: 'THAWING', SUCCESS: 'GLORY' } } })
  const runId = await workspace.run(workspace.defineJob({ name: 'one', pending_ms: 0, tasks: [{ task_key: 'a' }] }))
  t.strictSame(statesOf(await workspace.read(runId)), ['THAWING / –', 'THAWING', '–, –'])
  workspace.advance(60_000)
  t.strictSame(statesOf(await workspace.read(runId)), ['TERMINATED / GLORY', 'TERMINATED', 'GLORY, GLORY'])
  workspace.setOptions({ status_object: false })
  t.notOk('status' in (await workspace.read(runId)))
})
