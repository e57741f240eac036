import t from 'tap'
import { checkConcurrency, checkTriggers } from '../../src/check/limits.ts'
import { checkParameters } from '../../src/check/parameters.ts'
import { checkQueue, checkRecentRuns } from '../../src/check/recent-runs.ts'
import { checkSecretEnd } from '../../src/check/secret.ts'
import type { ParametersAs } from '../../src/config/schema/jobs.ts'
import type { JobSettings, Run } from '../../src/databricks/types.ts'
import { makeJob } from '../support/make-job.ts'

const HOUR_MS = 3_600_000
const NOW = Date.parse('2026-11-22T12:00:00Z')

t.test('the end of a secret', async (t) => {
  const auth = { type: 'pat', token: { env: 'TOKEN' } } as const
  const cases: [day: string | undefined, status: string, message: RegExp][] = [
    [undefined, 'skipped', /the end of the secret is not known; write it as workspaces\.main\.auth\.expires_on/],
    ['2026-11-21', 'failed', /it ended on 2026-11-21/],
    ['2026-11-22', 'warning', /it ends today/],
    ['2026-11-23', 'warning', /it ends in 1 day,/],
    ['2026-12-22', 'warning', /it ends in 30 days,/],
    ['2026-12-23', 'ok', /good until 2026-12-23/],
  ]
  for (const [day, status, message] of cases) {
    const given = day === undefined ? auth : { ...auth, expires_on: day }
    t.match(checkSecretEnd('main', given, NOW), { status, message }, String(day))
  }
})

t.test('what starts a job besides us', async (t) => {
  const cases: [JobSettings, code: string | null, message: RegExp][] = [
    [{}, null, /nothing else/],
    [{ continuous: { pause_status: 'UNPAUSED' } }, 'job-continuous', /each trigger cancels the run that is active/],
    [{ continuous: {} }, 'job-continuous', /continuously/],
    [{ continuous: { pause_status: 'PAUSED' } }, null, /nothing else/],
    [{ schedule: { quartz_cron_expression: '0 0 2 * * ?' } }, 'job-triggers-itself', /its schedule \(0 0 2 \* \* \?\)/],
    [{ schedule: { pause_status: 'PAUSED' }, trigger: {} }, 'job-triggers-itself', /^its trigger in Databricks/],
  ]
  for (const [settings, code, message] of cases) {
    t.match(checkTriggers(settings), { code, message }, JSON.stringify(settings))
  }
})

t.test('runs at once', async (t) => {
  const cases: [queue: boolean, held: number | null, most: number | undefined, code: string | null, message: RegExp][] =
    [
      [true, null, undefined, null, /^1 at a time, more queue$/],
      [true, 50, 10, null, /^10 at a time, more queue$/],
      [false, 10, 10, null, /^10 at a time, more are held here$/],
      [false, 11, 10, 'runs-skipped', /runs 10 at a time and skips more/],
      [false, null, 1, 'runs-skipped', /runs 1 at a time/],
      [false, 1, 0, 'job-never-runs', /every run is skipped/],
    ]
  for (const [queue, max_active, most, code, message] of cases) {
    const settings = most === undefined ? {} : { max_concurrent_runs: most }
    t.match(checkConcurrency('load', { queue, max_active }, settings), { code, message })
  }
})

t.test('parameters of every kind of task', async (t) => {
  const settings = (...kinds: string[]): JobSettings => ({
    tasks: kinds.map((kind, i) => ({ task_key: `t${i}`, [kind]: {} })),
  })
  const parameters = { day: { type: 'string', required: false } } as const
  const check = (parameters_as: ParametersAs, of: JobSettings) =>
    checkParameters('load', makeJob({ parameters, parameters_as }), of)

  const fitting = [
    ['notebook_params', 'notebook_task'],
    ['python_params', 'spark_python_task'],
    ['python_params', 'python_wheel_task'],
    ['python_named_params', 'python_wheel_task'],
    ['jar_params', 'spark_jar_task'],
    ['spark_submit_params', 'spark_submit_task'],
    ['sql_params', 'sql_task'],
    ['dbt_commands', 'dbt_task'],
    ['pipeline_params', 'pipeline_task'],
  ] as const
  for (const [family, kind] of fitting) {
    t.equal(check(family, settings('condition_task', kind)).status, 'ok', family)
    t.match(check(family, settings('run_job_task')), { code: 'parameters-as-wrong' }, family)
  }
  const nested = { tasks: [{ task_key: 'each', for_each_task: { inputs: '[1]', task: { notebook_task: {} } } }] }
  t.equal(check('notebook_params', nested).status, 'ok', 'a task within a task')
  t.match(
    check('job_parameters', settings('sql_task', 'notebook_task')).cure,
    /parameters_as: notebook_params or sql_params$/,
  )
  t.match(check('job_parameters', settings('condition_task')).cure, /^declare them there as job parameters$/)
})

t.test('no parameters need no home; the run id is one', async (t) => {
  t.equal(checkParameters('load', makeJob({}), {}).status, 'ok')
  const job = makeJob({ pass_run_id_as: 'gateway_run' })
  const declared = (name: string): JobSettings => ({ parameters: [{ name }] })
  t.equal(checkParameters('load', job, declared('gateway_run')).status, 'ok')
  t.match(checkParameters('load', job, declared('day')), {
    code: 'parameter-unknown',
    cure: /^correct jobs\.load\.parameters or pass_run_id_as, or declare it/,
  })
})

let made = 0

function ended(code: string, more: Partial<Run> = {}): Run {
  const result = code === 'SUCCESS' ? 'SUCCESS' : 'FAILED'
  return {
    run_id: String(++made),
    job_id: '1',
    end_time: NOW - made,
    state: { life_cycle_state: 'TERMINATED', result_state: result },
    status: { state: 'TERMINATED', termination_details: { code, type: 'CLIENT_ERROR', message: 'said' } },
    ...more,
  }
}

t.test('the last runs', async (t) => {
  const cluster = () => ended('CLUSTER_ERROR')
  const broken = {
    task_key: 'load',
    run_id: '9',
    state: { life_cycle_state: 'INTERNAL_ERROR', result_state: 'FAILED' },
    status: { state: 'TERMINATED', termination_details: { code: 'INVALID_CLUSTER_REQUEST', type: 'CLIENT_ERROR' } },
  }
  const cases: [string, Run[], status: string, message: RegExp][] = [
    ['none', [], 'ok', /no ended run yet/],
    ['a good one', [ended('SUCCESS'), cluster()], 'ok', /last run ended well/],
    ['a failure of user code is no trouble of ours', [ended('RUN_EXECUTION_ERROR')], 'ok', /with RUN_EXECUTION_ERROR/],
    ['the only one', [cluster()], 'failed', /its last run ended with CLUSTER_ERROR/],
    ['one after good ones', [cluster(), ended('SUCCESS')], 'warning', /its last run ended/],
    ['two after good ones', [cluster(), cluster(), ended('SUCCESS')], 'failed', /its last 2 runs ended/],
    ['told by the task', [ended('INTERNAL_ERROR', { tasks: [broken] })], 'failed', /with INVALID_CLUSTER_REQUEST/],
    ['the latest first', [ended('SUCCESS', { end_time: 1 }), cluster()], 'warning', /CLUSTER_ERROR/],
  ]
  for (const [name, runs, status, message] of cases) t.match(checkRecentRuns(runs), { status, message }, name)
})

t.test('runs in the queue', async (t) => {
  const active = (state: string, hours: number, code?: string): Run => ({
    run_id: String(++made),
    job_id: '1',
    start_time: NOW - hours * HOUR_MS,
    status: { state, ...(code !== undefined && { queue_details: { code } }) },
  })
  const legacy: Run = {
    run_id: '7',
    job_id: '1',
    start_time: NOW - HOUR_MS,
    state: { life_cycle_state: 'QUEUED', queue_reason: 'Queued for some reason.' },
  }
  const cases: [string, Run[], status: string, message: RegExp][] = [
    ['nothing', [], 'ok', /nothing queued/],
    ['one that runs', [active('RUNNING', 9)], 'ok', /nothing queued/],
    ['not for long', [active('QUEUED', 0.1, 'MAX_CONCURRENT_RUNS_REACHED')], 'ok', /^1 run waits in the queue$/],
    [
      'the workspace is full',
      [active('QUEUED', 1, 'ACTIVE_RUNS_LIMIT_REACHED')],
      'warning',
      /the first for 60 min: the workspace runs as many tasks as it may$/,
    ],
    ['without a status', [legacy], 'warning', /the first for 60 min: Queued for some reason\.$/],
  ]
  for (const [name, runs, status, message] of cases) t.match(checkQueue(runs, NOW), { status, message }, name)
})
