import type { AuditAction, AuditResult } from '../runs/audit.ts'
import type { Pause } from '../runs/pause.ts'
import type { Attempt, Cause, DoneState, Result, State } from '../runs/run.ts'

/**
 * The rows as both SQLite and PostgreSQL keep them: ids and JSON as text, instants as epoch milliseconds (bigint),
 * booleans as 0 or 1.
 */
export interface Tables {
  runs: RunRow
  attempts: AttemptRow
  outputs: OutputRow
  endings: EndingRow
  job_summaries: JobSummaryRow
  expectations: ExpectationRow
  leases: LeaseRow
  tombstones: TombstoneRow
  settings: SettingRow
  pauses: Pause
  audit_events: AuditEventRow
}

export interface RunRow {
  id: string
  job: string
  client_id: string
  key: string | null
  /** Client id, job and key in one, unique; null without a key, and once a newer run holds the key. */
  key_slot: string | null
  created_at: number
  rerun_ids: string
  version: number
  /** Number of the latest attempt. */
  attempt: number
  /** The latest attempt's, here as well so that every list filter has its index. */
  state: State
  result: Result
  ref: string | null
}

type JsonField = 'sent' | 'parameters' | 'failure' | 'cancel' | 'repair' | 'tasks' | 'task_counts'

/** An attempt's fields, those without a type of their own in a row written as text or number. */
export type AttemptColumns = {
  [F in keyof Attempt]: F extends JsonField
    ? string | Extract<Attempt[F], null>
    : Attempt[F] extends boolean
      ? number
      : Attempt[F]
}

export interface AttemptRow extends AttemptColumns {
  run_id: string
  /** The run's, here as well for the indexes of active runs and of run times. */
  job: string
}

interface OutputRow {
  run_id: string
  attempt: number
  output: string
}

interface EndingRow {
  job: string
  state: DoneState
  result: Result
  cause: Cause | ''
  count: number
}

interface JobSummaryRow {
  job: string
  last_result: Result
  last_finished_at: number
  last_run_ms: number | null
  last_success_at: number | null
  /** JSON: run times of the last good runs, newest first. */
  recent_run_ms: string
}

interface ExpectationRow {
  job: string
  since: number
}

interface LeaseRow {
  name: string
  holder: string
  /** Rises whenever the holder changes. */
  epoch: number
  expires_at: number
}

interface TombstoneRow {
  run_id: string
  job: string
  client_id: string
  key_slot: string | null
  last_attempt: number
  purged_at: number
}

interface SettingRow {
  name: string
  value: string
}

/** As AuditEvent. */
export interface AuditEventRow {
  id: string
  at: number
  action: AuditAction
  client: string | null
  key_id: string | null
  remote_address: string | null
  workspace: string | null
  job: string | null
  run_id: string | null
  attempt: number | null
  ref: string | null
  result: AuditResult
  /** JSON. */
  detail: string | null
}
