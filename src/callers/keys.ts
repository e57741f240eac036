import { hash } from 'node:crypto'
import type { ClientConfig } from '../config/schema/clients.ts'
import type { Credential } from './credentials.ts'
import { type Caller, createCaller } from './permissions.ts'

/** Whose key it is; undefined: nobody's, or not that of the client that Basic names. */
export type FindKeyOwner = (credential: Credential) => Caller | undefined

const KEY_ID_LENGTH = 8

export function createFindKeyOwner(clients: Record<string, ClientConfig>): FindKeyOwner {
  const callers = new Map(
    Object.entries(clients).flatMap(([name, config]) =>
      config.keys.map((key): [hex: string, Caller] => {
        const hex = key.slice('sha256:'.length).toLowerCase()
        return [hex, createCaller(name, config, hex.slice(0, KEY_ID_LENGTH))]
      }),
    ),
  )

  return ({ key, user }) => {
    // The hash is over the bytes as they were sent, whatever their encoding. Looked up, not compared in constant time:
    // what the time could tell is of a hash, which nobody can steer by the key that they guess.
    const caller = callers.get(hash('sha256', Buffer.from(key, 'latin1'), 'hex'))
    return user === undefined || user === caller?.name ? caller : undefined
  }
}
