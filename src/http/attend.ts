import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../clock.ts'
import type { Config } from '../config/schema.ts'
import type { HttpFacts } from '../metrics/http.ts'
import type { Tellings } from '../runs/tell.ts'
import { isForm } from './body.ts'
import type { Call, Format } from './call.ts'
import { prefersText } from './preferences.ts'

export interface AttendDeps {
  /** The configuration in force. */
  current: () => Config
  clock: Clock
  facts: Pick<HttpFacts, 'served'>
  tellings: Tellings
}

/** Opens the record of a call, and closes it when its answer was delivered or its caller has gone. */
export type Attend = (request: FastifyRequest, reply: FastifyReply) => void

/** As web servers log a caller that left before its answer. */
const CLIENT_CLOSED_REQUEST = 499

export function createAttend({ current, clock, facts, tellings }: AttendDeps): Attend {
  return (request, reply) => {
    const gone = new AbortController()
    const call: Call = {
      config: current(),
      arrivedAt: clock.now(),
      signal: gone.signal,
      format: chooseFormat(request),
      waitedMs: 0,
    }
    request.call = call
    reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff')
    acceptAnyContentType(request)

    // Exactly once for each answer, also when the connection broke before it was sent.
    reply.raw.once('close', () => {
      const delivered = reply.raw.writableFinished
      if (!delivered) gone.abort()
      const ms = clock.now() - call.arrivedAt
      const status = delivered ? reply.raw.statusCode : CLIENT_CLOSED_REQUEST
      const { method } = request
      const route = request.routeOptions.url
      facts.served({ method, route, status, seconds: Math.max(0, ms - call.waitedMs) / 1000 })
      request.log.info(
        {
          event: 'http.request',
          method,
          route,
          status,
          duration_ms: ms,
          client: call.caller?.name,
          key_id: call.caller?.key_id,
          // Of whom else nothing is known.
          remote_address: call.caller ? undefined : request.ip,
          job: call.job,
          run_id: call.runId,
          answer: call.answer,
          ...(call.error && { code: call.error.code, reason: call.error.internal }),
        },
        'request',
      )
      const { shown, caller } = call
      if (delivered && shown && method !== 'HEAD' && shown.run.client_id === caller?.id) {
        tellings.tell(shown.run, shown.rerunId)
      }
    })
  }
}

/** Known before anything can go wrong, so that every error has the form that was asked for. */
function chooseFormat({ query, url, headers }: FastifyRequest): Format {
  // Where the path cannot be read, Fastify reads no query either.
  const given = (query ?? Object.fromEntries(new URLSearchParams(url.split('?', 2)[1]))) as { format?: unknown }
  const { format } = given
  if (format === 'text' || format === 'result') return format
  return format === undefined && prefersText(headers.accept) ? 'text' : 'json'
}

/** A missing or wrong content type is no reason to refuse a body (design §3.3): only a form must say so. */
function acceptAnyContentType({ headers }: FastifyRequest): void {
  const given = headers['content-type']
  if (given !== undefined && !isForm(given)) headers['content-type'] = 'application/json'
}
