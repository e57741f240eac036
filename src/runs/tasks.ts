import type { RunTask, Run as UpstreamRun } from '../databricks/types.ts'
import { readOutcome } from './outcome.ts'
import type { Task, TaskCounts } from './run.ts'

/** A run's tasks as Databricks sent them, the latest attempt of each: retries and repairs repeat a task key. */
function latestTasks(run: UpstreamRun): RunTask[] {
  const latest = new Map<string, RunTask>()
  for (const task of run.tasks ?? []) {
    const seen = latest.get(task.task_key)
    if (!seen || (task.attempt_number ?? 0) >= (seen.attempt_number ?? 0)) latest.set(task.task_key, task)
  }
  return [...latest.values()]
}

/** A task that failed because another one did, or that was never meant to run, did not break anything itself. */
const BYSTANDERS = new Set(['UPSTREAM_FAILED', 'UPSTREAM_CANCELED', 'EXCLUDED', 'DISABLED'])

type TaskState = 'SUCCEEDED' | 'RUNNING' | 'PENDING' | 'FAILED' | 'SKIPPED'

function taskState(task: RunTask): TaskState {
  if (BYSTANDERS.has(task.state?.result_state ?? '')) return 'SKIPPED'
  switch (readOutcome(task, 'ok').state) {
    case 'RUNNING':
      return 'RUNNING'
    case 'SUCCEEDED':
    case 'PARTIAL':
      return 'SUCCEEDED'
    case 'SKIPPED':
      return 'SKIPPED'
    case 'FAILED':
    case 'TIMED_OUT':
    case 'CANCELED':
      return 'FAILED'
    default:
      return 'PENDING'
  }
}

export interface TaskReport {
  tasks: Task[]
  counts: TaskCounts
  /** One line for people: "2 of 5 tasks done; running: load". */
  progress: string
}

export function reportTasks(run: UpstreamRun): TaskReport {
  const tasks = latestTasks(run).map((task) => ({
    task_key: task.task_key,
    state: taskState(task),
    databricks_run_id: task.run_id ?? null,
    attempt: task.attempt_number ?? 0,
    message: task.status?.termination_details?.message ?? task.state?.state_message ?? '',
  }))
  const named = (state: TaskState) => tasks.filter((task) => task.state === state)
  const running = named('RUNNING').map((task) => task.task_key)
  const counts = {
    total: tasks.length,
    succeeded: named('SUCCEEDED').length,
    running: running.length,
    pending: named('PENDING').length,
    failed: named('FAILED').length,
    skipped: named('SKIPPED').length,
  }
  const done = counts.succeeded + counts.failed + counts.skipped
  const progress = `${done} of ${counts.total} tasks done${running.length > 0 ? `; running: ${running.slice(0, 5).join(', ')}` : ''}`
  return { tasks, counts, progress }
}

/** The task whose failure came first, of those that broke by themselves; undefined when none did. */
export function findBrokenTask(run: UpstreamRun): RunTask | undefined {
  return latestTasks(run)
    .filter((task) => taskState(task) === 'FAILED')
    .sort((a, b) => (a.end_time || Number.MAX_SAFE_INTEGER) - (b.end_time || Number.MAX_SAFE_INTEGER))[0]
}
