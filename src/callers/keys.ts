import { hash } from 'node:crypto'
import type { ClientConfig } from '../config/schema/clients.ts'
import { type CredentialHeaders, readCredential } from './credentials.ts'
import { type Caller, createCaller } from './permissions.ts'

export type AuthenticationFailure = 'missing' | 'unknown_key' | 'malformed'

/** Whose key a request carries, or why there is no caller. */
export type Authenticate = (headers: CredentialHeaders) => { caller: Caller } | { reason: AuthenticationFailure }

const KEY_ID_LENGTH = 8

export function createAuthenticate(clients: Record<string, ClientConfig>): Authenticate {
  const callers = new Map(
    Object.entries(clients).flatMap(([name, config]) =>
      config.keys.map((key): [hex: string, Caller] => {
        const hex = key.slice('sha256:'.length).toLowerCase()
        return [hex, createCaller(name, config, hex.slice(0, KEY_ID_LENGTH))]
      }),
    ),
  )

  return (headers) => {
    const credential = readCredential(headers)
    if (typeof credential === 'string') return { reason: credential }
    const { key, user } = credential
    // The hash is over the bytes as they were sent, whatever their encoding. Looked up, not compared in constant time:
    // what the time could tell is of a hash, which nobody can steer by the key that they guess.
    const caller = callers.get(hash('sha256', Buffer.from(key, 'latin1'), 'hex'))
    if (!caller || (user !== undefined && user !== caller.name)) return { reason: 'unknown_key' }
    return { caller }
  }
}
