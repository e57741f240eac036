/** What an auditor asks for: `src/http/routes/audit.ts` tells callers the same. */
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
