import type { Attempt, Cancel, Run } from './run.ts'

/** What somebody can do that changes something. */
export const AUDIT_ACTIONS = ['trigger', 'repair', 'cancel', 'pause', 'resume', 'reload'] as const

export type AuditAction = (typeof AUDIT_ACTIONS)[number]

/**
 * - `accepted`: an attempt is in the ledger, to be submitted (trigger, repair);
 * - `asked`: the wish is in the ledger, to be sent until the run is over (cancel);
 * - `applied`: in force (pause, resume, reload).
 */
export const AUDIT_RESULTS = ['accepted', 'asked', 'applied'] as const

export type AuditResult = (typeof AUDIT_RESULTS)[number]

/**
 * Something that was changed, by whom and from where. Recorded with the change itself, so that the one exists exactly
 * when the other does; what was refused or changed nothing stands on the log stream only. It never holds parameters,
 * idempotency keys or anything secret, and outlives the run that it tells of.
 */
export interface AuditEvent {
  /** Epoch ms. */
  at: number
  action: AuditAction
  result: AuditResult
  /** Name of the client; null: not by a call. */
  client: string | null
  /** What the client proved itself with: the id of its key, or of its token. */
  key_id: string | null
  remote_address: string | null
  workspace: string | null
  job: string | null
  run_id: string | null
  attempt: number | null
  /** The caller's note. */
  ref: string | null
  /** What only this action has to tell, each value by its name in snake_case; null: nothing. */
  detail: AuditDetail | null
}

export type AuditDetail = Record<string, string | number | boolean | null | string[]>

/** An event that is in the ledger. */
export interface RecordedEvent extends AuditEvent {
  /** A ULID: sorts by time. */
  id: string
}

/** Where events are kept, beside the runs that most of them tell of. */
export interface AuditStore {
  /** Records what changed something outside the ledger. */
  recordEvent(event: AuditEvent): Promise<void>
  /** Newest first. */
  events(filter: EventFilter): Promise<RecordedEvent[]>
}

export interface EventFilter {
  action?: AuditAction
  /** Name of the client. */
  client?: string
  job?: string
  run_id?: string
  /** Bounds of its time, epoch ms, inclusive. */
  since?: number
  until?: number
  limit: number
  /** Only events older than this id. */
  before?: string
}

/** Who wants something, and from where. */
type Asker = Pick<AuditEvent, 'client' | 'key_id' | 'remote_address' | 'ref'>

function tellOf({ id, job }: Run, { workspace, number }: Attempt, { client, key_id, remote_address, ref }: Asker) {
  return { client, key_id, remote_address, workspace, job, run_id: id, attempt: number, ref }
}

/** That an attempt was accepted; `kind` says why. */
export function describeAttempt(run: Run, attempt: Attempt): AuditEvent {
  const { kind, databricks_job_id } = attempt
  return {
    at: attempt.created_at,
    action: kind === 'repair' ? 'repair' : 'trigger',
    result: 'accepted',
    ...tellOf(run, attempt, attempt),
    detail: { kind, databricks_job_id },
  }
}

/** That the run's last attempt is submitted once more, under the same token. */
export function describeResubmission(run: Run, asker: Asker, at: number): AuditEvent {
  const { attempt } = run
  const detail = { kind: 'resubmit', databricks_job_id: attempt.databricks_job_id }
  return { at, action: 'trigger', result: 'accepted', ...tellOf(run, attempt, asker), detail }
}

/** That the run's last attempt is to end. */
export function describeCancel(run: Run, cancel: Cancel): AuditEvent {
  return { at: cancel.asked_at, action: 'cancel', result: 'asked', ...tellOf(run, run.attempt, cancel), detail: null }
}
