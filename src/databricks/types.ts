import type { DatabricksError } from './errors.ts'

/**
 * The Jobs API 2.2 as the gateway uses it: Databricks' own names, every int64 id a decimal string, instants epoch
 * milliseconds (0 or absent: not yet), durations milliseconds. Enumerations are plain strings, because Databricks adds
 * values without a new version.
 */

interface RunState {
  life_cycle_state?: string
  result_state?: string
  state_message?: string
  user_cancelled_or_timedout?: boolean
  queue_reason?: string
}

interface RunStatus {
  state?: string
  queue_details?: { code?: string; message?: string }
  termination_details?: { code?: string; type?: string; message?: string }
}

interface Times {
  start_time?: number
  end_time?: number
  setup_duration?: number
  execution_duration?: number
  cleanup_duration?: number
  queue_duration?: number
  run_duration?: number
}

interface Stateful {
  /** Legacy, always sent. */
  state?: RunState
  /** Not sent by every workspace; read it first. */
  status?: RunStatus
}

/** A retried or repaired task appears once per attempt, each with its own `run_id`. */
export interface RunTask extends Times, Stateful {
  task_key: string
  run_id: string
  attempt_number?: number
  description?: string
  depends_on?: { task_key: string; outcome?: string }[]
  run_if?: string
  run_page_url?: string
  [taskType: `${string}_task`]: object | undefined
}

/** `value` is what the run used. */
interface RunParameter {
  name: string
  default?: string
  value?: string
}

/** The parameters of the families before `job_parameters`, as given at run-now. */
interface OverridingParameters {
  notebook_params?: Record<string, string>
  python_named_params?: Record<string, string>
  sql_params?: Record<string, string>
  python_params?: string[]
  jar_params?: string[]
  spark_submit_params?: string[]
  dbt_commands?: string[]
  pipeline_params?: Record<string, unknown>
}

/** Begins with the `ORIGINAL`; the last `id` is the next `latest_repair_id`. */
interface Repair extends Stateful {
  type?: string
  id: string
  start_time?: number
  end_time?: number
  task_run_ids?: string[]
}

export interface Run extends Times, Stateful {
  run_id: string
  job_id: string
  run_name?: string
  run_type?: string
  trigger?: string
  creator_user_name?: string
  attempt_number?: number
  original_attempt_run_id?: string
  job_run_id?: string
  parent_run_id?: string
  task_key?: string
  run_page_url?: string
  job_parameters?: RunParameter[]
  overriding_parameters?: OverridingParameters
  tasks?: RunTask[]
  iterations?: RunTask[]
  job_clusters?: object[]
  repair_history?: Repair[]
}

/** Of a list; `tasks` only when asked for, and `has_more` when not all of them are there. */
export interface ListedRun extends Run {
  has_more?: boolean
}

export interface RunPage {
  runs: ListedRun[]
  next_page_token?: string
}

export interface RunOutput {
  metadata?: Run
  error?: string
  /** May hold ANSI escapes. */
  error_trace?: string
  info?: string
  logs?: string
  logs_truncated?: boolean
  notebook_output?: { result?: string; truncated?: boolean }
  run_job_output?: { run_id?: string }
  sql_output?: object
  dbt_output?: object
}

export interface Job {
  job_id: string
  creator_user_name?: string
  run_as_user_name?: string
  created_time?: number
  settings?: JobSettings
}

/** Whatever starts a job by itself; not paused when it does not say. */
interface Pausable {
  pause_status?: string
}

export interface JobSettings {
  name?: string
  description?: string
  tags?: Record<string, string>
  tasks?: { task_key: string; description?: string; [taskType: `${string}_task`]: object | undefined }[]
  job_clusters?: object[]
  environments?: object[]
  parameters?: { name: string; default?: string }[]
  max_concurrent_runs?: number
  timeout_seconds?: number
  queue?: { enabled: boolean }
  schedule?: Pausable & { quartz_cron_expression?: string; timezone_id?: string }
  continuous?: Pausable
  /** On files, on tables, or every so often. */
  trigger?: Pausable
  format?: string
}

export interface Call {
  /** Epoch milliseconds; bounds the whole call with every retry and every page. */
  deadline: number
  signal?: AbortSignal
  /** Within an endpoint's budget callers go before the watcher. Default `caller`. */
  by?: 'caller' | 'watcher'
}

export interface RunsQuery {
  jobId?: string
  activeOnly?: boolean
  completedOnly?: boolean
  /** Inclusive bounds on `start_time`, epoch milliseconds. */
  startTimeFrom?: number
  startTimeTo?: number
  /** At most 25. */
  limit?: number
  pageToken?: string
  expandTasks?: boolean
}

/** How one submission, a run-now with all its tries, ended. `error` is that of the last try. */
export type Submission =
  | { kind: 'taken'; runId: string; tries: number }
  /** Every try is proved not acted on: never sent, throttled, our credential refused, or a clear refusal. */
  | { kind: 'not_taken'; error: DatabricksError; tries: number }
  /** At least one try may have been acted on. */
  | { kind: 'unknown'; error: DatabricksError; tries: number }

/** Every method but `runNow` rejects with a DatabricksError and nothing else. */
export interface DatabricksClient {
  /** Origin of the workspace. */
  readonly host: string
  /**
   * Posts exactly these bytes at every try; they must hold an `idempotency_token`. Never rejects. `turn: 'taken'`: the
   * first try has its token of the budget already, from `takeTurn`.
   */
  runNow(body: string, call: Call & { turn?: 'taken' }): Promise<Submission>
  /**
   * A run-now may leave now, and its token of the budget is taken. false: others wait for theirs, the budget is spent
   * or held after a 429, or Databricks is ill.
   */
  takeTurn(): boolean
  /** All pages as one run. */
  getRun(runId: string, call: Call & { includeHistory?: boolean }): Promise<Run>
  listRuns(query: RunsQuery, call: Call): Promise<RunPage>
  /** `runId` is that of a task: a parent with several tasks is refused. */
  getOutput(runId: string, call: Call): Promise<RunOutput>
  /** Asked, not done: Databricks cancels asynchronously. */
  cancelRun(runId: string, call: Call): Promise<void>
  /** Has no token upstream, so a post that may have been acted on is never repeated here. */
  repairRun(body: string, call: Call): Promise<{ repairId: string }>
  getJob(jobId: string, call: Call): Promise<Job>
  /** All pages. Databricks compares names without regard to case. */
  listJobs(query: { name?: string }, call: Call): Promise<Job[]>
  /** End of the cached access token in epoch milliseconds; null when there is none or it has no end. */
  accessTokenExpiresAt(): number | null
  /** Whole requests that the watcher may send now: 0 while anybody waits for the budget, or Databricks is ill. */
  available(endpoint: BudgetedEndpoint): number
  /** Share of each endpoint's budget that is left, 0 to 1. */
  remaining(): Record<BudgetedEndpoint, number>
  /** undefined: well. */
  illness(): Illness | undefined
  /** Since when Databricks refuses our credential, epoch ms; undefined: it is taken, as far as is known. */
  credentialRefusedSince(): number | undefined
  close(): Promise<void>
}

export type Endpoint =
  | 'run_now'
  | 'runs_get'
  | 'runs_list'
  | 'get_output'
  | 'cancel'
  | 'repair'
  | 'jobs_get'
  | 'jobs_list'
  | 'token'

/** Endpoints whose requests per second and workspace Databricks limits. */
export type BudgetedEndpoint = Exclude<Endpoint, 'token'>

/** Databricks does not answer, or only with errors of its own: nothing is sent but a probe every few seconds. */
export interface Illness {
  /** Epoch ms of the first failure. */
  since: number
  /** The last failure. */
  reason: string
}

/** What the client tells of its work, in values of closed sets that suit metric labels. */
export interface Observer {
  /** Once per try. `code` is the HTTP status, or the error's reason when no whole answer came. */
  request(endpoint: Endpoint, code: string, seconds: number): void
  /** Once per further try. */
  retry(endpoint: Endpoint, reason: string): void
  tokenRefresh(result: 'ok' | 'refused' | 'failed'): void
  /** Whenever it falls ill or is well again; well at first. */
  up(isUp: boolean): void
  /** Whenever that changes; taken at first. */
  credentialRefused(isRefused: boolean): void
}
