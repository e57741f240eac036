import type { AuditEvent, AuditStore } from './audit.ts'
import type { TaskOutput } from './output.ts'
import type { PauseStore } from './pause.ts'
import type { Replicas } from './replicas.ts'
import type { Attempt, Cause, DoneState, Result, Run, State } from './run.ts'

/** Fields of an attempt that may change after it was written. */
export type AttemptChange = Partial<
  Omit<
    Attempt,
    | 'number'
    | 'kind'
    | 'client'
    | 'key_id'
    | 'ref'
    | 'remote_address'
    | 'rerun_id'
    | 'sent'
    | 'parameters'
    | 'workspace'
    | 'workspace_host'
    | 'databricks_job_id'
    | 'token'
    | 'request_body'
    | 'repair'
    | 'created_at'
    | 'told_at'
    | 'version'
  >
> & {
  /** Only ever taken back: the ending that was told is not the attempt's last. */
  told_at?: null
}

/** One attempt's ending, for the totals that are never lowered. */
export interface Ending {
  job: string
  state: DoneState
  result: Result
  /** '' when the result is OK. */
  cause: Cause | ''
}

export interface RunFilter {
  /** Names of jobs that the reader may see; null: all. */
  jobs: string[] | null
  state?: State
  result?: Result
  client_id?: string
  key?: string
  /** Exact, or a prefix when it ends in `*`. */
  ref?: string
  /** Bounds of the run's creation, epoch ms, inclusive. */
  since?: number
  until?: number
  limit: number
  /** Only runs older than this id (ids sort by time). */
  before?: string
}

/** An observation that changed nothing but the time at which Databricks last told us. */
export interface Sighting {
  run_id: string
  attempt: number
  /** null: Databricks told nothing, the next look is put off. */
  observed_at: number | null
  due_at: number
}

/** A run that Databricks has and that is due to be looked at, as far as a plan of looks needs to know it. */
export type DueLook = { run_id: string; databricks_run_id: string; due_at: number } & Pick<
  Attempt,
  | 'number'
  | 'kind'
  | 'state'
  | 'workspace_host'
  | 'databricks_job_id'
  | 'started_at'
  | 'tasks_observed_at'
  | 'missing_count'
>

/** What a job's `max_active` is held against. */
export interface JobLoad {
  /** Active attempts that Databricks has or may have. */
  posted: number
  /** The first of those that Databricks never had, oldest first. */
  unposted: { run_id: string; attempt: number }[]
}

export interface JobSummary {
  job: string
  /** The newest ended attempt. */
  last_result: Result
  last_finished_at: number
  last_run_ms: number | null
  last_success_at: number | null
  /** Run times (ms) of its last runs that ended OK, at most 20, newest first; those of repaired runs say nothing. */
  recent_run_ms: number[]
}

export interface ActiveCount {
  job: string
  workspace: string
  state: State
  count: number
  /** The least of their `since`. */
  oldest_since: number | null
}

export interface UnfinishedRun {
  job: string
  state: State
  /**
   * From when its time counts, epoch ms: its start in Databricks, or, before that and for a repair, when its attempt was
   * accepted here. null: nobody knows, since a run that was repaired in Databricks by hand keeps its first start.
   */
  since: number | null
}

export interface Expectation {
  job: string
  since: number
}

/** How well the unfinished runs of a workspace are observed. */
export interface Observation {
  workspace: string
  /** The oldest of their last observations, epoch ms; a run never observed counts from its creation. */
  oldest_observed_at: number
  /** How many of them were last observed before the asked time. */
  stale: number
}

/** submit: a try to submit, or to settle, an attempt without a Databricks run; look: a look at the one it has. */
export type Step = 'submit' | 'look'

/** Which run last held a purged key, and how far its attempts had counted. */
export interface Tombstone {
  run_id: string
  job: string
  client_id: string
  last_attempt: number
}

/**
 * Where runs are kept. Every write is durable when its promise resolves. All instants come from the caller. An attempt
 * that is written, and the first wish to cancel one, is recorded as an audit event with it.
 * Failures of the database itself reject with LedgerError.
 */
export interface RunStore extends AuditStore, PauseStore {
  /**
   * Writes a run with its first attempt. A key belongs to one run at a time (client id + job + key): when another run
   * holds it, nothing is written and the holder is returned, unless the holder is `supersedes`, which gives its key up.
   */
  insert(run: Run, supersedes?: string): Promise<{ inserted: true } | { inserted: false; holder: Run }>
  /** Adds the run's next attempt, if the run is still as `run` says (version). Spends the attempt's `rerun_id`. */
  addAttempt(run: Run, attempt: Attempt): Promise<boolean>
  /**
   * Changes the latest attempt, if it is still as `run` says (version); counts `ending`, and records `event`, in the same
   * transaction.
   */
  update(run: Run, change: AttemptChange, ending?: Ending, event?: AuditEvent): Promise<boolean>
  /**
   * The same, as long as fewer than `max` active attempts of its job are ahead of this one: those that Databricks has or
   * may have, and those that it is to have first; resolves with how many are. Of those who ask at the same time, in
   * whatever process, one is answered after the other.
   */
  updateIfRoom(run: Run, change: AttemptChange, max: number): Promise<{ updated: boolean; ahead: number }>
  /** Records that an ending was told (the first time counts) and spends the press of the rerun button, if any. */
  tell(runId: string, attempt: number, at: number, rerunId?: string): Promise<void>
  /** Writes many sightings at once; one older than what the row holds changes nothing. */
  sight(sightings: Sighting[]): Promise<void>
  /** Asks for the attempt's next step no later than `at`. */
  bringForward(runId: string, attempt: number, at: number): Promise<void>

  get(id: string): Promise<Run | undefined>
  /** The run that holds the key. */
  getByKey(clientId: string, job: string, key: string): Promise<Run | undefined>
  /** Every run of which any attempt is this Databricks run. */
  findByDatabricksRun(databricksRunId: string): Promise<Run[]>
  /** All attempts, oldest first. */
  attempts(runId: string): Promise<Attempt[]>
  /** Newest first. */
  list(filter: RunFilter): Promise<Run[]>
  /** Runs of a workspace that are to be submitted, or settled, at `now` or before; first come first served. */
  dueSubmissions(workspace: string, now: number, limit: number): Promise<Run[]>
  /** Runs of a workspace to be looked at in Databricks at `now` or before, longest due first. */
  dueLooks(workspace: string, now: number, limit: number): Promise<DueLook[]>
  /** When such a step is due first after `now`, epoch ms; undefined when none is. */
  nextDue(workspace: string, step: Step, now: number): Promise<number | undefined>
  jobLoad(job: string, limit: number): Promise<JobLoad>

  /** What an ended attempt left behind, when it was kept. */
  output(runId: string, attempt: number): Promise<TaskOutput[] | undefined>
  keepOutput(runId: string, attempt: number, output: TaskOutput[]): Promise<void>

  /**
   * Removes up to `limit` runs that ended before, each leaving a tombstone, and when there are no more, up to `limit`
   * tombstones, then audit events, that are too old; resolves with whether there may be more. Runs that need another step
   * stay, and totals are not touched.
   */
  purge(what: {
    endedBefore: number
    tombstonesBefore: number
    eventsBefore: number
    now: number
    limit: number
  }): Promise<boolean>

  tombstone(runId: string): Promise<Tombstone | undefined>
  tombstoneByKey(clientId: string, job: string, key: string): Promise<Tombstone | undefined>

  endings(): Promise<(Ending & { count: number })[]>
  activeCounts(): Promise<ActiveCount[]>
  jobSummaries(): Promise<JobSummary[]>
  /** Of each workspace with runs that Databricks has and that are not done. */
  observations(staleBefore: number): Promise<Observation[]>
  unfinished(jobs: string[]): Promise<UnfinishedRun[]>
  /** The job's `recent_run_ms`. */
  durations(job: string): Promise<number[]>

  /** Since when (epoch ms) each of these jobs is expected to end well: those that were never asked for, since `now`. */
  expectedSince(jobs: string[], now: number): Promise<Expectation[]>

  /** Takes or renews a lease by the database's clock; true while `holder` has it. */
  lease(name: string, holder: string, lifeMs: number): Promise<boolean>
  releaseLease(name: string, holder: string): Promise<void>

  /** Left out: this process has the ledger alone. */
  readonly replicas?: Replicas

  /** Size of the ledger in bytes. */
  size(): Promise<number>
  close(): Promise<void>
}

/** The database failed: nothing is known of what was asked. `message` is internal. */
export class LedgerError extends Error {
  override name = 'LedgerError' as const
}
