/** States that a run passes while Databricks may still work on it, in the only order they move. */
export const ACTIVE_STATES = ['SUBMITTING', 'QUEUED', 'PENDING', 'RUNNING'] as const

/** States that end an attempt. */
export const DONE_STATES = [
  'SUCCEEDED',
  'PARTIAL',
  'FAILED',
  'TIMED_OUT',
  'CANCELED',
  'SKIPPED',
  'REJECTED',
  'UNCONFIRMED',
] as const

export type ActiveState = (typeof ACTIVE_STATES)[number]
export type DoneState = (typeof DONE_STATES)[number]
export type State = ActiveState | DoneState

/** '' while active. */
export type Result = '' | 'OK' | 'KO'

export const CAUSES = [
  'user_code',
  'configuration',
  'library',
  'cluster',
  'capacity',
  'permission',
  'platform',
  'timeout',
  'canceled',
  'skipped',
  'unconfirmed',
  'unknown',
] as const

/** What kind of trouble ended a run with KO. */
export type Cause = (typeof CAUSES)[number]

export type AttemptKind = 'first' | 'new' | 'force' | 'repair'

/** Why a run ended with KO, in one sentence, and whether the same again, or a repair, makes sense. */
export interface Failure {
  cause: Cause
  task_key: string | null
  /** ≤ 300 characters, no ANSI codes. */
  message: string
  retryable: boolean
  repairable: boolean
}

export interface Task {
  task_key: string
  state: string
  databricks_run_id: string | null
  attempt: number
  message: string
}

export interface TaskCounts {
  total: number
  succeeded: number
  running: number
  pending: number
  failed: number
  skipped: number
}

/** What a repair reruns, and what it builds on. */
export interface RepairBase {
  databricks_run_id: string
  /** The run's last repair when this one was written: another one since then is a later repair. */
  latest_repair_id: string | null
}

/** Somebody's wish that an attempt ends, kept until it has. */
export interface Cancel {
  /** Epoch ms. */
  asked_at: number
  client: string
  key_id: string
  ref: string | null
  remote_address: string | null
  /** When Databricks last took the request, epoch ms; null: not yet. */
  sent_at: number | null
}

/** A caller's typed and normalised parameter values, or list parameters in declared order. */
export type ParameterValues = Record<string, string | number | boolean>

/**
 * One Databricks run (or repair) made for a run. Field names are those of the ledger's columns;
 * instants and spans are epoch milliseconds and milliseconds, ids decimal strings.
 */
export interface Attempt {
  number: number
  kind: AttemptKind

  client: string
  key_id: string
  ref: string | null
  remote_address: string | null
  rerun_id: string | null

  /** What the caller sent, before defaults: the fingerprint that a repeated key is compared with. */
  sent: ParameterValues
  /** What Databricks was given. */
  parameters: ParameterValues

  workspace: string
  workspace_host: string
  databricks_job_id: string
  token: string
  /** The exact bytes of the run-now call, the same for every try. */
  request_body: string

  state: State
  result: Result
  cause: Cause | null
  message: string
  failure: Failure | null
  cancel: Cancel | null
  /** Of attempts of kind repair. */
  repair: RepairBase | null

  databricks_run_id: string | null
  repair_id: string | null
  run_url: string | null
  /** The token had been used before this attempt was written: the run is an old one, found again. */
  recovered: boolean
  life_cycle_state: string | null
  result_state: string | null
  termination_code: string | null
  tasks: Task[]
  task_counts: TaskCounts | null
  tasks_observed_at: number | null

  created_at: number
  submit_deadline_at: number
  /** Since when a pause holds it back: that time moves its deadline once it goes on. null: none does. */
  held_since: number | null
  started_at: number | null
  finished_at: number | null
  observed_at: number | null
  queue_ms: number | null
  run_ms: number | null

  /** Posts of run-now made or begun. */
  tries: number
  /** Posts that may have been acted on without our knowing; proof of REJECTED needs 0. */
  tries_in_doubt: number
  last_try_at: number | null
  /** Since when Databricks says that it does not know the run, and how many times it said so. */
  missing_since: number | null
  missing_count: number
  /** When this attempt needs its next step (a try, an observation); null when nothing is left to do. */
  due_at: number | null

  /** When an answer delivered to the owning client first showed this attempt's ending. */
  told_at: number | null
  version: number
}

/** What a trigger makes, with its latest attempt. */
export interface Run {
  /** ULID, for ever the same. */
  id: string
  job: string
  client_id: string
  key: string | null
  created_at: number
  /** Presses of a rerun button that were answered already: each starts at most one attempt. */
  rerun_ids: string[]
  version: number
  attempt: Attempt
}

export function isDone(state: State): state is DoneState {
  return (DONE_STATES as readonly State[]).includes(state)
}
