import { onceFor } from '../config/once-for.ts'
import type { Config } from '../config/schema.ts'
import { type CredentialHeaders, readCredential } from './credentials.ts'
import { createIssuersOf, type IssuersDeps } from './issuers.ts'
import { createFindKeyOwner } from './keys.ts'
import type { Caller } from './permissions.ts'
import { createFindTokenOwner } from './token-rules.ts'
import { createVerifyToken, looksLikeToken, type RefusedToken } from './tokens.ts'

export type AuthenticationFailure =
  | 'missing'
  | 'unknown_key'
  | 'malformed'
  | 'bad_signature'
  | 'expired_signature'
  | RefusedToken['reason']

/** `why` is for the log only. */
export type Known = { caller: Caller } | { reason: AuthenticationFailure; why?: string }

/** Who sends a request, or why that is not known. At once, unless somebody else has to be asked. */
export type Authenticate = (headers: CredentialHeaders) => Known | Promise<Known>

type Callers = Pick<Config, 'clients' | 'issuers'>

/** For each configuration its own; what is known of issuers goes on from one to the next. */
export function createAuthentication(deps: IssuersDeps): (callers: Callers) => Authenticate {
  const issuersOf = createIssuersOf(deps)
  return onceFor(({ clients, issuers }: Callers) => {
    const findKeyOwner = createFindKeyOwner(clients)
    const findTokenOwner = createFindTokenOwner(clients)
    const known = issuersOf(issuers)
    const verifyToken = createVerifyToken(known, deps.clock)

    async function identify(token: string): Promise<Known> {
      const verified = await verifyToken(token)
      return 'reason' in verified ? verified : findTokenOwner(verified)
    }

    return (headers) => {
      const credential = readCredential(headers)
      if (typeof credential === 'string') return { reason: credential }
      const caller = findKeyOwner(credential)
      if (caller) return { caller }
      const isToken = known.length > 0 && credential.scheme === 'bearer' && looksLikeToken(credential.key)
      return isToken ? identify(credential.key) : { reason: 'unknown_key' }
    }
  })
}
