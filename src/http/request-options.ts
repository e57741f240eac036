import type { FastifyRequest } from 'fastify'
import { callerOf } from './call.ts'
import { resolveDialect } from './dialect.ts'
import type { OptionHeaders, Starting } from './options.ts'

/** The headers of a request that carry options. */
export function readHeaders({ headers, raw }: FastifyRequest): OptionHeaders {
  const { prefer, accept, 'x-ref': ref } = headers
  return {
    prefer: [prefer].flat().join(','),
    accept,
    ref: [ref].flat().map(decode)[0],
    // Node joins repeated headers by a comma, which a key may hold.
    keys: headers['idempotency-key'] === undefined ? [] : (raw.headersDistinct['idempotency-key'] ?? []).map(decode),
  }
}

/** What the options of the request's caller start from. */
export function startFrom(request: FastifyRequest): Starting {
  const { server, profiles } = request.call.config
  const caller = callerOf(request)
  return {
    dialect: resolveDialect(caller.config, profiles),
    maxWaitSeconds: caller.config.max_wait_seconds ?? server.max_wait_seconds,
    mayReadOutput: caller.may('output'),
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Node reads the bytes of a header as Latin-1 (RFC 9110 leaves them open); callers who send others mostly mean UTF-8. */
function decode<T extends string | undefined>(text: T): T | string {
  if (text === undefined) return text
  try {
    return utf8.decode(Buffer.from(text, 'latin1'))
  } catch {
    return text
  }
}
