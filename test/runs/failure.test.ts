import t from 'tap'
import type { RunTask, Run as UpstreamRun } from '../../src/databricks/types.ts'
import { explainFailure } from '../../src/runs/failure.ts'
import { hasParameters } from '../../src/runs/settle.ts'
import { reportTasks } from '../../src/runs/tasks.ts'

const failed = {
  life_cycle_state: 'TERMINATED',
  result_state: 'FAILED',
  state_message: 'Workload failed, see run output for details',
}
const task = (task_key: string, run_id: string, rest: Partial<RunTask> = {}): RunTask => ({
  task_key,
  run_id,
  state: failed,
  end_time: 2_000,
  ...rest,
})
const run = (tasks: RunTask[], rest: Partial<UpstreamRun> = {}): UpstreamRun => ({
  run_id: '1',
  job_id: '2',
  state: {
    life_cycle_state: 'INTERNAL_ERROR',
    result_state: 'FAILED',
    state_message: 'Task load failed with message: Workload failed, see run output for details.',
  },
  tasks,
  ...rest,
})
const ending = { state: 'FAILED', cause: 'user_code' } as const

t.test('the task that broke first is named, with the first line of its error', async (t) => {
  const upstream = run([
    task('report', '13', { end_time: 3_000 }),
    task('load', '12', { end_time: 1_000 }),
    task('after', '14', { end_time: 500, state: { life_cycle_state: 'TERMINATED', result_state: 'UPSTREAM_FAILED' } }),
  ])
  const error = '\n\u001b[0;31mAnalysisException\u001b[0m: no table\n  at line 3'
  t.same(explainFailure({ ...ending, run: upstream, error }), {
    cause: 'user_code',
    task_key: 'load',
    message: 'load: AnalysisException: no table',
    retryable: false,
    repairable: true,
  })
})

t.test('only the latest attempt of a task counts', async (t) => {
  const ok = { life_cycle_state: 'TERMINATED', result_state: 'SUCCESS' }
  const upstream = run([
    task('load', '12', { attempt_number: 0, end_time: 1 }),
    task('load', '13', { attempt_number: 1, state: ok }),
    task('report', '14'),
  ])
  t.equal(explainFailure({ ...ending, run: upstream }).task_key, 'report')
  t.match(reportTasks(upstream), { counts: { total: 2, succeeded: 1, failed: 1 }, progress: '2 of 2 tasks done' })
})

t.test('without an output the state message is told, and known codes say what to do', async (t) => {
  t.match(explainFailure({ ...ending, run: run([task('load', '12')]) }).message, /^Task load failed with message/)
  const skipped = run([], {
    status: { state: 'TERMINATED', termination_details: { code: 'MAX_CONCURRENT_RUNS_EXCEEDED' } },
    state: {},
  })
  t.match(explainFailure({ state: 'SKIPPED', cause: 'capacity', run: skipped }), {
    message: /as many runs at once.*queue/,
    repairable: false,
    retryable: true,
  })
  t.match(explainFailure({ state: 'TIMED_OUT', cause: 'timeout', run: run([]) }).message, /time limit/)
})

t.test('a message is one sentence of at most 300 characters, and no character is halved', async (t) => {
  const { message } = explainFailure({ ...ending, run: run([task('load', '12')]), error: `${'💥'.repeat(400)}\nmore` })
  t.equal(Array.from(message).length, 300)
  t.ok(message.isWellFormed())
})

t.test('a run in Databricks is ours when it was started with what the call sends', async (t) => {
  const body = (rest: object) =>
    JSON.stringify({ job_id: 1, idempotency_token: 't', queue: { enabled: true }, ...rest })
  const used = {
    job_parameters: [
      { name: 'day', default: 'x', value: '1' },
      { name: 'region', default: 'N', value: 'N' },
    ],
  }
  t.ok(hasParameters(run([], used), body({ job_parameters: { day: '1' } })))
  t.notOk(hasParameters(run([], used), body({ job_parameters: { day: '2' } })), 'another value')
  t.notOk(hasParameters(run([], used), body({})), 'a value where the call leaves the default')
  t.notOk(hasParameters(run([]), body({ job_parameters: { day: '1' } })), 'a parameter that the run does not have')
  t.ok(hasParameters(run([]), body({})))
  t.ok(
    hasParameters(
      run([], { overriding_parameters: { notebook_params: { b: '1', a: '2' } } }),
      body({ notebook_params: { a: '2', b: '1' } }),
    ),
    'in any order',
  )
  t.notOk(hasParameters(run([], { overriding_parameters: { python_params: ['a'] } }), body({ python_params: ['b'] })))
  t.notOk(hasParameters(run([], { overriding_parameters: { python_params: ['a'] } }), body({})))
})
