import type { TaskDefinition } from './definitions.ts'
import { digits } from './json.ts'
import { attemptPhase, type Phase, statusState } from './phase.ts'
import type { Attempt } from './plan.ts'
import { type Job, lastRound, type QueueCode, type Run, runPhase } from './run.ts'

/** What presenting needs to know besides the run: the instant, and how this workspace words things. */
export interface View {
  readonly now: number
  readonly host: string
  readonly user: string
  readonly statusObject: boolean
  readonly renamed: Readonly<Record<string, string>>
}

const QUEUE_MESSAGES: Readonly<Record<QueueCode, string>> = {
  MAX_CONCURRENT_RUNS_REACHED: 'Queued due to reaching maximum concurrent runs of the job.',
  ACTIVE_RUNS_LIMIT_REACHED: 'Queued due to reaching the active runs limit of the workspace.',
}

/** The run of runs/get and runs/list, without its arrays. */
export function presentRun(run: Run, view: View) {
  const phase = runPhase(run, view.now)
  const { overriding } = run.parameters
  const queueEnd = run.queued ? view.now : run.admittedAt
  return {
    job_id: digits(run.job.id),
    run_id: digits(run.id),
    number_in_job: digits(run.id),
    original_attempt_run_id: digits(run.id),
    creator_user_name: view.user,
    run_name: run.definition.name,
    run_type: 'JOB_RUN',
    trigger: 'ONE_TIME',
    format: 'MULTI_TASK',
    ...presentStates(phase, view, run.queued),
    start_time: run.createdAt,
    end_time: phase.ending ? lastRound(run).end : 0,
    setup_duration: 0,
    execution_duration: 0,
    cleanup_duration: 0,
    run_duration: phase.ending ? lastRound(run).end - run.createdAt : view.now - run.createdAt,
    queue_duration: queueEnd - run.createdAt,
    ...(Object.keys(overriding).length > 0 && { overriding_parameters: overriding }),
    run_page_url: `${view.host}/?o=1#job/${run.job.id}/run/${run.id}`,
  }
}

/** Every defined parameter with its default and value, and those that only this run was given. */
export function presentParameters(run: Run): object[] {
  const defined = run.definition.parameters ?? []
  const given = run.parameters.job
  const own = defined.map((parameter) => ({ ...parameter, value: given[parameter.name] ?? parameter.default }))
  const added = Object.keys(given).filter((name) => !defined.some((parameter) => parameter.name === name))
  return [...own, ...added.map((name) => ({ name, value: given[name] }))].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** The original run, then each repair; the id of the last item is the next `latest_repair_id`. */
export function presentRepairs(run: Run, view: View): object[] {
  return run.rounds.map((round, index) => {
    const current = index === run.rounds.length - 1
    const phase = current ? runPhase(run, view.now) : { lifeCycle: round.ending.lifeCycle, ending: round.ending }
    return {
      type: round.repairId ? 'REPAIR' : 'ORIGINAL',
      ...(round.repairId && { id: digits(round.repairId) }),
      start_time: round.start,
      end_time: phase.ending ? round.end : 0,
      ...presentStates(phase, view, current ? run.queued : undefined),
      task_run_ids: round.attempts.filter(({ since }) => since <= view.now).map(({ runId }) => digits(runId)),
    }
  })
}

/** A task run as runs/get with its own id and the `metadata` of runs/get-output show it. */
export function presentTaskRun(run: Run, attempt: Attempt, view: View) {
  return {
    ...presentRun(run, view),
    ...presentAttempt(run, attempt, view),
    number_in_job: digits(attempt.runId),
    original_attempt_run_id: digits(attempt.runId),
    run_name: attempt.taskKey,
    job_run_id: digits(run.id),
    parent_run_id: digits(run.id),
  }
}

/** An item of `tasks[]`. */
export function presentAttempt(run: Run, attempt: Attempt, view: View) {
  const task = run.definition.tasks.find(({ task_key }) => task_key === attempt.taskKey)
  const phase = run.queued ? runPhase(run, view.now) : attemptPhase(attempt, view.now)
  const reached = (instant: number) => Math.min(instant, attempt.stopping ?? instant, view.now)
  const begun = !run.queued && view.now >= attempt.from
  return {
    run_id: digits(attempt.runId),
    task_key: attempt.taskKey,
    attempt_number: attempt.number,
    ...presentStates(phase, view, run.queued),
    ...(task && presentDefinition(task)),
    start_time: begun ? attempt.from : 0,
    end_time: phase.ending ? attempt.until : 0,
    setup_duration: begun ? Math.max(0, reached(attempt.running) - attempt.from) : 0,
    execution_duration: begun ? Math.max(0, reached(attempt.until) - attempt.running) : 0,
    cleanup_duration: 0,
    run_page_url: `${view.host}/?o=1#job/${run.job.id}/run/${attempt.runId}`,
  }
}

/** `settings` of a job, without its arrays. */
function presentSettings({ definition }: Job) {
  return {
    name: definition.name,
    format: 'MULTI_TASK',
    max_concurrent_runs: definition.max_concurrent_runs ?? 1,
    timeout_seconds: definition.timeout_seconds ?? 0,
    queue: { enabled: definition.queue?.enabled ?? true },
  }
}

export function presentJob(job: Job, view: View) {
  const user = { creator_user_name: view.user, run_as_user_name: view.user }
  return { job_id: digits(job.id), ...user, created_time: job.createdAt, settings: presentSettings(job) }
}

/** The part of a task that a job's settings and its runs have in common. */
export function presentDefinition(task: TaskDefinition) {
  return {
    task_key: task.task_key,
    ...(task.depends_on && { depends_on: task.depends_on }),
    run_if: task.run_if ?? 'ALL_SUCCESS',
    ...(task.disabled && { disabled: true }),
    ...(task.max_retries !== undefined && { max_retries: task.max_retries }),
    timeout_seconds: task.timeout_seconds ?? 0,
    ...presentKind(task),
  }
}

function presentKind({ kind = 'notebook', task_key, condition_outcome = 'true' }: TaskDefinition) {
  switch (kind) {
    case 'notebook':
      return { notebook_task: { notebook_path: `/Workspace/${task_key}`, source: 'WORKSPACE' } }
    case 'python':
      return { spark_python_task: { python_file: `/Workspace/${task_key}.py` } }
    case 'wheel':
      return { python_wheel_task: { package_name: task_key, entry_point: 'main' } }
    case 'jar':
      return { spark_jar_task: { main_class_name: 'Main' } }
    case 'spark_submit':
      return { spark_submit_task: { parameters: [] } }
    case 'sql':
      return { sql_task: { file: { path: `/Workspace/${task_key}.sql` } } }
    case 'dbt':
      return { dbt_task: { commands: ['dbt run'] } }
    case 'pipeline':
      return { pipeline_task: { pipeline_id: task_key } }
    case 'condition':
      return { condition_task: { op: 'EQUAL_TO', left: condition_outcome, right: 'true', outcome: condition_outcome } }
  }
}

/** Both state objects, as one table says: the legacy one always, `status` unless this workspace leaves it out. */
function presentStates(phase: Phase, { statusObject, renamed }: View, queued: QueueCode | undefined) {
  const word = (value: string) => renamed[value] ?? value
  const { ending, lifeCycle } = phase
  const message = ending?.message ?? (queued ? QUEUE_MESSAGES[queued] : '')
  const state = {
    life_cycle_state: word(lifeCycle),
    ...(ending?.result && { result_state: word(ending.result) }),
    ...(queued && { queue_reason: message }),
    state_message: message,
    user_cancelled_or_timedout: ending?.cut ?? false,
  }
  if (!statusObject) return { state }
  const status = {
    state: word(statusState(phase)),
    ...(queued && { queue_details: { code: word(queued), message } }),
    ...(ending && { termination_details: { code: word(ending.code), type: word(ending.type), message } }),
  }
  return { state, status }
}
