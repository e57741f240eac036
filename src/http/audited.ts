import type { FastifyRequest } from 'fastify'
import type { AuditAction } from '../runs/audit.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a call of this route would change: it is told of on the log stream whatever comes of it. */
    audit?: AuditAction
  }
}

/**
 * Writes the line of a call that would change something: who wanted what, and what came of it. Those that changed
 * something are in the ledger as well; this is the only place for those that were refused, or led to what there is.
 */
export function logAudited(request: FastifyRequest): void {
  const { call, ip, routeOptions, params, log } = request
  const { audit: action } = routeOptions.config
  if (action === undefined || call.dryRun) return
  const asked = params as { job?: string; id?: string }
  log.info(
    {
      event: 'audit',
      action,
      result: call.answer ?? call.error?.code,
      client: call.caller?.name,
      key_id: call.caller?.key_id,
      remote_address: ip,
      ref: call.ref,
      job: call.job ?? asked.job,
      run_id: call.runId ?? asked.id,
      attempt: call.attempt,
      detail: call.detail,
    },
    'audit',
  )
}
