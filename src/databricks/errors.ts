/**
 * What the failure means to whoever asked:
 * - `refused`: a clear refusal of this request. 400, 403 or 404 with a JSON `error_code` that speaks of the request;
 * - `missing`: refused, because the job or run does not exist;
 * - `denied`: refused, because our principal lacks the permission; said again after the credential was fetched anew;
 * - `credential`: Databricks refuses us whatever we ask. 401, `invalid_client`, a 403 about the token or our address;
 * - `throttled`: too many requests, told by status or by code;
 * - `unavailable`: everything else, from a dead network to a login page with status 200.
 */
export type ErrorKind = 'refused' | 'missing' | 'denied' | 'credential' | 'throttled' | 'unavailable'

/**
 * Where it broke, as a closed set. `status`: an HTTP error answer; `answer`: a 2xx without what was asked for;
 * `throttled`: too many requests; `capacity`: too many runs, whatever the rate of requests; `budget`: the call's time
 * was up before its turn; `ill`: not tried, because Databricks does not answer.
 */
export type ErrorReason =
  | 'status'
  | 'throttled'
  | 'capacity'
  | 'budget'
  | 'ill'
  | 'transient'
  | 'answer'
  | 'web_page'
  | 'redirect'
  | 'too_large'
  | 'timeout'
  | 'connection'
  | 'aborted'
  | 'credential'

export interface ErrorFacts {
  kind: ErrorKind
  reason: ErrorReason
  /** Bytes of the request may have left. Only false is proof. */
  sent: boolean
  /** May pass by itself within seconds. */
  transient?: boolean
  status?: number | undefined
  errorCode?: string | undefined
  requestId?: string | undefined
  retryAfterMs?: number | undefined
  cause?: unknown
}

/** The message is the upstream's own where it gave one: one line, no markup, no secret, at most 500 characters. */
export class DatabricksError extends Error {
  override readonly name = 'DatabricksError'
  readonly kind: ErrorKind
  readonly reason: ErrorReason
  readonly sent: boolean
  readonly transient: boolean
  readonly status: number | undefined
  readonly errorCode: string | undefined
  readonly requestId: string | undefined
  readonly retryAfterMs: number | undefined

  constructor(message: string, facts: ErrorFacts) {
    super(message, { cause: facts.cause })
    this.kind = facts.kind
    this.reason = facts.reason
    this.sent = facts.sent
    this.transient = facts.transient ?? false
    this.status = facts.status
    this.errorCode = facts.errorCode
    this.requestId = facts.requestId
    this.retryAfterMs = facts.retryAfterMs
  }
}

/** False is proof that Databricks did nothing: never sent, or an answer that says no before anything was done. */
export function mayHaveBeenActedOn(error: DatabricksError): boolean {
  return error.sent && error.kind === 'unavailable'
}

/** The same failure told of something else. */
export function restate(error: DatabricksError, changes: Partial<ErrorFacts> & { message?: string }): DatabricksError {
  const { kind, reason, sent, transient, status, errorCode, requestId, retryAfterMs } = error
  const facts = { kind, reason, sent, transient, status, errorCode, requestId, retryAfterMs }
  return new DatabricksError(changes.message ?? error.message, { ...facts, cause: error, ...changes })
}
