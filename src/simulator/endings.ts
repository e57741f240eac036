import type { Outcome } from './definitions.ts'

/** How a task attempt or a run ended, in the words of both state objects of the Jobs API. */
export interface Ending {
  readonly lifeCycle: string
  readonly result: string | undefined
  readonly code: string
  readonly type: string
  readonly message: string
  /** `user_cancelled_or_timedout`. */
  readonly cut: boolean
}

/** What the ending of one task means for the tasks after it and for the run. */
export type Verdict = 'succeeded' | 'failed' | 'canceled' | 'excluded' | 'disabled'

const VERDICTS: Readonly<Record<string, Verdict>> = {
  SUCCESS: 'succeeded',
  SUCCESS_WITH_FAILURES: 'succeeded',
  CANCELED: 'canceled',
  UPSTREAM_CANCELED: 'canceled',
  EXCLUDED: 'excluded',
  DISABLED: 'disabled',
}

type Row = readonly [lifeCycle: string, result: string | undefined, type: string, message: string, cut?: true]

const FAILED = 'Workload failed, see run output for details'

/** Task-level endings by termination code. Codes that are missing here fail like user code does. */
const CODES: Readonly<Record<string, Row>> = {
  SUCCESS: ['TERMINATED', 'SUCCESS', 'SUCCESS', ''],
  SUCCESS_WITH_FAILURES: ['TERMINATED', 'SUCCESS_WITH_FAILURES', 'SUCCESS', ''],
  RUN_EXECUTION_ERROR: ['TERMINATED', 'FAILED', 'CLIENT_ERROR', FAILED],
  USER_CANCELED: ['TERMINATED', 'CANCELED', 'CLIENT_ERROR', 'Run cancelled.', true],
  CANCELED: ['TERMINATED', 'CANCELED', 'CLIENT_ERROR', 'Run cancelled by the platform.'],
  SKIPPED: ['SKIPPED', undefined, 'CLIENT_ERROR', 'The run was skipped.'],
  DISABLED: ['TERMINATED', 'DISABLED', 'SUCCESS', 'Task is disabled.'],
  MAX_CONCURRENT_RUNS_EXCEEDED: ['SKIPPED', undefined, 'CLIENT_ERROR', 'Maximum concurrent runs reached.'],
  MAX_JOB_QUEUE_SIZE_EXCEEDED: ['SKIPPED', undefined, 'CLIENT_ERROR', 'The queue of the job is full.'],
  INTERNAL_ERROR: ['INTERNAL_ERROR', 'FAILED', 'INTERNAL_ERROR', 'Unexpected failure in the workspace.'],
  BREAKING_CHANGE: ['INTERNAL_ERROR', 'FAILED', 'INTERNAL_ERROR', 'Incompatible change in the workspace.'],
  DRIVER_ERROR: ['INTERNAL_ERROR', 'FAILED', 'INTERNAL_ERROR', 'Lost contact with the Spark driver.'],
  CLOUD_FAILURE: ['INTERNAL_ERROR', 'FAILED', 'CLOUD_FAILURE', 'The cloud provider failed.'],
  CLUSTER_ERROR: ['INTERNAL_ERROR', 'FAILED', 'CLOUD_FAILURE', 'The cluster failed.'],
  STORAGE_ACCESS_ERROR: ['INTERNAL_ERROR', 'FAILED', 'CLOUD_FAILURE', 'Blob storage could not be reached.'],
}

const NAMES: Readonly<Record<string, string>> = {
  success: 'SUCCESS',
  failed: 'RUN_EXECUTION_ERROR',
  canceled: 'USER_CANCELED',
  internal_error: 'INTERNAL_ERROR',
  cloud_failure: 'CLOUD_FAILURE',
}

export const SUCCEEDED = toEnding('SUCCESS')

export const TIMED_OUT: Ending = {
  lifeCycle: 'TERMINATED',
  result: 'TIMEDOUT',
  code: 'CANCELED',
  type: 'CLIENT_ERROR',
  message: 'Run exceeded its timeout.',
  cut: true,
}

/** Tasks that never ran because of what happened upstream. */
export const UPSTREAM_FAILED = unrun('UPSTREAM_FAILED', 'CLIENT_ERROR', 'An upstream task failed.')
export const UPSTREAM_CANCELED = unrun('UPSTREAM_CANCELED', 'CLIENT_ERROR', 'An upstream task was cancelled.')
export const EXCLUDED = unrun('EXCLUDED', 'SUCCESS', 'The condition of the task was not met.')

function unrun(result: string, type: string, message: string): Ending {
  return { lifeCycle: 'TERMINATED', result, code: 'SKIPPED', type, message, cut: false }
}

/** The ending that an outcome of the catalogue stands for. */
export function toEnding(outcome: Outcome): Ending {
  if (typeof outcome !== 'string') {
    const base = toEnding(outcome.as ?? 'failed')
    return {
      lifeCycle: outcome.life_cycle_state ?? base.lifeCycle,
      result: outcome.result_state === undefined ? base.result : (outcome.result_state ?? undefined),
      code: outcome.code ?? base.code,
      type: outcome.type ?? base.type,
      message: outcome.message ?? base.message,
      cut: base.cut,
    }
  }
  if (outcome === 'timed_out') return TIMED_OUT
  const code = NAMES[outcome] ?? outcome
  const [lifeCycle, result, type, message, cut = false] = CODES[code] ?? [
    'TERMINATED',
    'FAILED',
    'CLIENT_ERROR',
    FAILED,
  ]
  return { lifeCycle, result, code, type, message, cut }
}

export function judge(ending: Ending): Verdict {
  return VERDICTS[ending.result ?? ''] ?? 'failed'
}

/**
 * The run's ending when this task made it fail. A plain failure of user code shows as INTERNAL_ERROR + FAILED at run
 * level, and the message gets its trailing full stop there (both seen on real workspaces).
 */
export function blame(taskKey: string, ending: Ending): Ending {
  const lifeCycle =
    ending.result === 'FAILED' && ending.lifeCycle === 'TERMINATED' ? 'INTERNAL_ERROR' : ending.lifeCycle
  return { ...ending, lifeCycle, message: `Task ${taskKey} failed with message: ${ending.message.replace(/\.$/, '')}.` }
}
