import type { Run } from './run.ts'

/** Every way in which a call can fail, as callers see it; http/problems.ts gives each its status, cause and cure. */
export const ERROR_CODES = [
  'invalid-request',
  'key-required',
  'unauthenticated',
  'forbidden',
  'unknown-job',
  'unknown-run',
  'not-found',
  'method-not-allowed',
  'too-large',
  'run-purged',
  'invalid-parameters',
  'key-reused',
  'rate-limited',
  'run-failed',
  'run-canceled',
  'run-active',
  'databricks-refused',
  'run-not-repairable',
  'rerun-not-allowed',
  'databricks-denied',
  'databricks-job-missing',
  'databricks-unavailable',
  'ledger-unavailable',
  'issuer-unavailable',
  'paused',
  'overloaded',
  'internal',
] as const

export type ErrorCode = (typeof ERROR_CODES)[number]

interface Circumstances {
  /** For the log only. */
  internal?: string
  /** The run that the error is about. */
  run?: Run
  retryAfterSeconds?: number
  cause?: unknown
}

/** The gateway's one error. `detail` is for the caller: which value, what is allowed, what to do. */
export class GatewayError extends Error {
  override name = 'GatewayError' as const
  readonly code: ErrorCode
  readonly detail: string
  readonly internal: string | undefined
  readonly run: Run | undefined
  readonly retryAfterSeconds: number | undefined

  constructor(code: ErrorCode, detail: string, { internal, run, retryAfterSeconds, cause }: Circumstances = {}) {
    super(internal ? `${detail} (${internal})` : detail, { cause })
    this.code = code
    this.detail = detail
    this.internal = internal
    this.run = run
    this.retryAfterSeconds = retryAfterSeconds
  }
}
