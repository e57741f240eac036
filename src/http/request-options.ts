import type { FastifyRequest } from 'fastify'
import type { ClientConfig } from '../config/schema/clients.ts'
import type { Config } from '../config/schema.ts'
import { resolveDialect } from './dialect.ts'
import type { OptionHeaders, Starting } from './options.ts'

/** The headers of a request that carry options. */
export function readHeaders({ headers, raw }: FastifyRequest): OptionHeaders {
  const { prefer, accept, 'x-ref': ref } = headers
  return {
    prefer: [prefer].flat().join(','),
    accept,
    ref: [ref].flat()[0],
    // Node joins repeated headers by a comma, which a key may hold.
    keys: headers['idempotency-key'] === undefined ? [] : (raw.headersDistinct['idempotency-key'] ?? []),
  }
}

/** What a client's options start from. */
export function startFrom(client: ClientConfig, { server, profiles }: Pick<Config, 'server' | 'profiles'>): Starting {
  return {
    dialect: resolveDialect(client, profiles),
    maxWaitSeconds: client.max_wait_seconds ?? server.max_wait_seconds,
  }
}
