import type { FastifyRequest } from 'fastify'
import type { Known } from '../callers/authenticate.ts'
import { createCaller } from '../callers/permissions.ts'
import type { Clock } from '../clock.ts'
import type { ClientConfig } from '../config/schema/clients.ts'
import type { SecretRef } from '../config/schema/secret-ref.ts'
import type { Config } from '../config/schema.ts'
import { callerOf } from './call.ts'
import { resolveDialect } from './dialect.ts'
import { type Grant, type SignedQuery, signGrant, verifyGrant } from './signature.ts'

export interface SignedLocationDeps {
  /** What is in these places now. */
  signingKeys: (refs: readonly SecretRef[]) => readonly string[]
  clock: Clock
}

/** For who follows a Location without credentials: the address itself says who awaits which run. */
export interface SignedLocations {
  /** From its `?` on, the query of the address at which the request's caller awaits the run; often empty. */
  queryFor(request: FastifyRequest, run: string): string
  /** Who asks for the run of such an address, which the call keeps; undefined: the request has no signature. */
  recognize(request: FastifyRequest): Known | undefined
}

/** Data Factory follows a Location for seven days. */
const LIFE_SECONDS = 8 * 86_400

export function createSignedLocations({ signingKeys, clock }: SignedLocationDeps): SignedLocations {
  const isSigned = (client: ClientConfig, { profiles }: Config) => resolveDialect(client, profiles).signed_location

  function grantFor(request: FastifyRequest, run: string): Grant | undefined {
    const { config, grant } = request.call
    // The same again: asking gives no longer life.
    if (grant) return grant
    const { id, config: client } = callerOf(request)
    if (!isSigned(client, config)) return undefined
    return { run, client: id, expires: Math.floor(clock.now() / 1000) + LIFE_SECONDS }
  }

  return {
    queryFor(request, run) {
      const grant = grantFor(request, run)
      if (!grant) return ''
      const [key] = signingKeys(request.call.config.server.signing_keys)
      return key === undefined ? '' : `?${new URLSearchParams(signGrant(grant, key))}`
    },

    recognize({ params, query, call }) {
      const { id } = params as { id: string }
      const given = query as SignedQuery
      if (given.signature === undefined) return undefined
      const { clients, server } = call.config
      const grant = verifyGrant(id, given, signingKeys(server.signing_keys))
      const [name, client] = Object.entries(clients).find(([, { id }]) => id === grant?.client) ?? []
      if (!grant || name === undefined || !client || !isSigned(client, call.config)) return { reason: 'bad_signature' }
      if (grant.expires * 1000 <= clock.now()) return { reason: 'expired_signature' }
      call.grant = grant
      return { caller: createCaller(name, client, 'signed') }
    },
  }
}
