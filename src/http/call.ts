import type { FastifyRequest } from 'fastify'
import type { Caller } from '../callers/permissions.ts'
import type { Config } from '../config/schema.ts'
import type { AuditDetail } from '../runs/audit.ts'
import type { CancelAnswer } from '../runs/cancel.ts'
import type { ErrorCode } from '../runs/errors.ts'
import type { Run } from '../runs/run.ts'
import type { TriggerAnswer } from '../runs/trigger.ts'
import type { Grant } from './signature.ts'

/** text: a run's state alone; result: OK, KO or ACTIVE. */
export type Format = 'json' | 'text' | 'result'

/** What is known of one call while it is served: routes add to it, its log line and its metrics tell it. */
export interface Call {
  /** The configuration that was in force when the call arrived: it holds to its end. */
  readonly config: Config
  /** Epoch ms. */
  readonly arrivedAt: number
  /** Aborts when the caller has gone. */
  readonly signal: AbortSignal
  format: Format
  caller?: Caller
  /** That of a signed Location, by which the caller came instead of with credentials. */
  grant?: Grant
  /** What is wrong with what was sent as Bearer. */
  bearerFault?: string
  job?: string
  runId?: string
  attempt?: number
  /** The caller's note. */
  ref?: string | undefined
  /** What came of a call that changes something. */
  answer?: TriggerAnswer | CancelAnswer | 'applied' | 'unchanged'
  /** What only this kind of call has to tell an auditor. */
  detail?: AuditDetail | null
  /** Whatever comes of it, nothing is changed. */
  dryRun?: boolean
  waitedMs: number
  /** As many calls of its client wait as may: this one does not. */
  unseated?: true
  /** An await over the limits of its client, or of this process: answered without a look at its run. */
  curtailed?: true
  error?: { code: ErrorCode; internal: string | undefined }
  /** The run that the answer shows: delivered to its owner, its ending counts as told. */
  shown?: { run: Run; rerunId?: string | undefined }
}

declare module 'fastify' {
  interface FastifyRequest {
    call: Call
  }
}

/** The caller of a route that only known callers reach. */
export function callerOf(request: FastifyRequest): Caller {
  const { caller } = request.call
  if (!caller) throw new Error(`${request.routeOptions.url} does not ask who is calling`)
  return caller
}
