import { hash, timingSafeEqual } from 'node:crypto'
import type { ClientConfig } from '../config/schema/clients.ts'
import { type CredentialHeaders, readCredential } from './credentials.ts'
import { type Caller, createCaller } from './permissions.ts'

export type AuthenticationFailure = 'missing' | 'unknown_key' | 'malformed'

/** Whose key a request carries, or why there is no caller. */
export type Authenticate = (headers: CredentialHeaders) => { caller: Caller } | { reason: AuthenticationFailure }

interface KnownKey {
  digest: Buffer
  caller: Caller
}

const KEY_ID_LENGTH = 8

export function createAuthenticate(clients: Record<string, ClientConfig>): Authenticate {
  const known = Object.entries(clients).flatMap(([name, config]) =>
    config.keys.map((key): KnownKey => {
      const hex = key.slice('sha256:'.length)
      return { digest: Buffer.from(hex, 'hex'), caller: createCaller(name, config, hex.slice(0, KEY_ID_LENGTH)) }
    }),
  )
  const byKeyId = Map.groupBy(known, ({ caller }) => caller.key_id)

  return (headers) => {
    const credential = readCredential(headers)
    if (typeof credential === 'string') return { reason: credential }
    const { key, user } = credential
    // The hash is over the bytes as they were sent, whatever their encoding.
    const digest = hash('sha256', Buffer.from(key, 'latin1'), 'buffer')
    // Constant time where it counts. The look-up goes by the key id, which is public: every log line shows it. The rest
    // of the digest is compared without an early end, and a caller who guesses cannot steer a digest by its key anyway.
    const owner = byKeyId
      .get(digest.toString('hex', 0, KEY_ID_LENGTH / 2))
      ?.find((candidate) => timingSafeEqual(candidate.digest, digest))
    if (!owner || (user !== undefined && user !== owner.caller.name)) return { reason: 'unknown_key' }
    return { caller: owner.caller }
  }
}
