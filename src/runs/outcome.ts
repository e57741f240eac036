import type { Run as UpstreamRun } from '../databricks/types.ts'
import type { Cause, DoneState, Result, State } from './run.ts'
import { ACTIVE_STATES, isDone } from './run.ts'

/** What Databricks' words for a run mean in ours. */
export interface Outcome {
  state: State
  result: Result
  cause: Cause | null
  /** Enum values that neither `status` nor `state` documents; they are counted and taken as still running. */
  unknown: string[]
}

type Phase = 'QUEUED' | 'PENDING' | 'RUNNING' | 'DONE'

/** `status.state` and the legacy `state.life_cycle_state`: Jobs API 2.2, RunLifecycleStateV2State and RunLifeCycleState. */
const STATUS_PHASES: Record<string, Phase> = {
  QUEUED: 'QUEUED',
  PENDING: 'PENDING',
  BLOCKED: 'PENDING',
  WAITING: 'PENDING',
  RUNNING: 'RUNNING',
  TERMINATING: 'RUNNING',
  TERMINATED: 'DONE',
}

const LIFE_CYCLE_PHASES: Record<string, Phase> = {
  QUEUED: 'QUEUED',
  PENDING: 'PENDING',
  BLOCKED: 'PENDING',
  WAITING_FOR_RETRY: 'PENDING',
  RUNNING: 'RUNNING',
  TERMINATING: 'RUNNING',
  TERMINATED: 'DONE',
  SKIPPED: 'DONE',
  INTERNAL_ERROR: 'DONE',
}

/** Termination codes (TerminationCodeCode) to what ended the run. Codes that end it well are absent. */
const CAUSES_BY_CODE: Record<string, Cause> = {
  USER_CANCELED: 'canceled',
  CANCELED: 'canceled',
  SKIPPED: 'skipped',
  DISABLED: 'skipped',
  MAX_CONCURRENT_RUNS_EXCEEDED: 'capacity',
  MAX_JOB_QUEUE_SIZE_EXCEEDED: 'capacity',
  WORKSPACE_RUN_LIMIT_EXCEEDED: 'capacity',
  CLUSTER_REQUEST_LIMIT_EXCEEDED: 'capacity',
  MAX_SPARK_CONTEXTS_EXCEEDED: 'capacity',
  BUDGET_POLICY_LIMIT_EXCEEDED: 'capacity',
  RUN_EXECUTION_ERROR: 'user_code',
  DRIVER_ERROR: 'cluster',
  CLUSTER_ERROR: 'cluster',
  CLUSTER_TERMINATED_BY_USER: 'cluster',
  INVALID_CLUSTER_REQUEST: 'configuration',
  REPOSITORY_CHECKOUT_FAILED: 'configuration',
  FEATURE_DISABLED: 'configuration',
  RESOURCE_NOT_FOUND: 'configuration',
  INVALID_RUN_CONFIGURATION: 'configuration',
  STORAGE_ACCESS_ERROR: 'permission',
  UNAUTHORIZED_ERROR: 'permission',
  LIBRARY_INSTALLATION_ERROR: 'library',
  CLOUD_FAILURE: 'platform',
  BREAKING_CHANGE: 'platform',
}

const CAUSES_BY_RESULT: Record<string, Cause> = {
  MAXIMUM_CONCURRENT_RUNS_REACHED: 'capacity',
  EXCLUDED: 'skipped',
  DISABLED: 'skipped',
}

const SKIPPING_CODES = new Set([
  'SKIPPED',
  'DISABLED',
  'MAX_CONCURRENT_RUNS_EXCEEDED',
  'MAX_JOB_QUEUE_SIZE_EXCEEDED',
  'WORKSPACE_RUN_LIMIT_EXCEEDED',
])

/** The words of Databricks for a run's state; a task has the same. */
type Stated = Pick<UpstreamRun, 'state' | 'status'>

/**
 * Our state, result and cause of a Databricks run: design §3.2. Pure.
 * @param partial whether SUCCESS_WITH_FAILURES counts as OK for this job
 */
export function readOutcome(run: Stated, partial: 'ok' | 'ko'): Outcome {
  const { phase, unknown } = readPhase(run)
  if (phase !== 'DONE') return { state: phase, result: '', cause: null, unknown }
  const state = readEnding(run)
  const result = state === 'SUCCEEDED' || (state === 'PARTIAL' && partial === 'ok') ? 'OK' : 'KO'
  return { state, result, cause: result === 'OK' ? null : readCause(run, state), unknown }
}

/** The later of two states of one attempt: what Databricks shows us out of order never moves a run backwards. */
export function furthest(before: State, now: State): State {
  if (isDone(now)) return now
  const order: readonly State[] = ACTIVE_STATES
  return order.indexOf(now) > order.indexOf(before) ? now : before
}

/** A value unknown in one of the two state objects is decided by the other; unknown in both: running. */
function readPhase({ state, status }: Stated): { phase: Phase; unknown: string[] } {
  const unknown: string[] = []
  const known = (value: string | undefined, phases: Record<string, Phase>) => {
    if (value === undefined) return undefined
    const phase = Object.hasOwn(phases, value) ? phases[value] : undefined
    if (!phase) unknown.push(value)
    return phase
  }
  const phase = known(status?.state, STATUS_PHASES) ?? known(state?.life_cycle_state, LIFE_CYCLE_PHASES)
  return { phase: phase ?? 'RUNNING', unknown }
}

/** First match wins; TIMEDOUT goes first because its termination code says CANCELED. */
function readEnding({ state, status }: Stated): DoneState {
  const result = state?.result_state
  const code = status?.termination_details?.code ?? ''
  if (result === 'TIMEDOUT') return 'TIMED_OUT'
  if (code === 'USER_CANCELED' || code === 'CANCELED' || result === 'CANCELED') return 'CANCELED'
  if (SKIPPING_CODES.has(code) || state?.life_cycle_state === 'SKIPPED') return 'SKIPPED'
  if (result && Object.hasOwn(CAUSES_BY_RESULT, result)) return 'SKIPPED'
  if (code === 'SUCCESS_WITH_FAILURES' || result === 'SUCCESS_WITH_FAILURES') return 'PARTIAL'
  if (code === 'SUCCESS' || result === 'SUCCESS') return 'SUCCEEDED'
  if (Object.hasOwn(CAUSES_BY_CODE, code) || result) return 'FAILED'
  return status?.termination_details?.type === 'SUCCESS' ? 'SUCCEEDED' : 'FAILED'
}

function readCause({ state, status }: Stated, ending: DoneState): Cause {
  if (ending === 'TIMED_OUT') return 'timeout'
  if (ending === 'CANCELED') return 'canceled'
  const { code = '', type } = status?.termination_details ?? {}
  const result = state?.result_state ?? ''
  if (Object.hasOwn(CAUSES_BY_CODE, code)) return CAUSES_BY_CODE[code] ?? 'unknown'
  if (Object.hasOwn(CAUSES_BY_RESULT, result)) return CAUSES_BY_RESULT[result] ?? 'unknown'
  if (ending === 'SKIPPED') return 'skipped'
  if (type === 'INTERNAL_ERROR' || type === 'CLOUD_FAILURE') return 'platform'
  // A failed run at job level says INTERNAL_ERROR with a result: user code. Without a result it is the platform's.
  if (type === 'CLIENT_ERROR' || result) return 'user_code'
  return state?.life_cycle_state === 'INTERNAL_ERROR' ? 'platform' : 'unknown'
}
