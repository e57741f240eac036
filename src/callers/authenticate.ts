import type { ClientConfig } from '../config/schema/clients.ts'
import { type CredentialHeaders, readCredential } from './credentials.ts'
import { createFindKeyOwner } from './keys.ts'
import type { Caller } from './permissions.ts'

export type AuthenticationFailure = 'missing' | 'unknown_key' | 'malformed'

export type Known = { caller: Caller } | { reason: AuthenticationFailure }

/** Who sends a request, or why that is not known. At once, unless somebody else has to be asked. */
export type Authenticate = (headers: CredentialHeaders) => Known | Promise<Known>

export function createAuthenticate(clients: Record<string, ClientConfig>): Authenticate {
  const findKeyOwner = createFindKeyOwner(clients)
  return (headers) => {
    const credential = readCredential(headers)
    if (typeof credential === 'string') return { reason: credential }
    const caller = findKeyOwner(credential)
    return caller ? { caller } : { reason: 'unknown_key' }
  }
}
