import type { AuthenticationFailure } from '../callers/authenticate.ts'

/** What can be wrong with what a call is to be known by. */
type Fault = Exclude<AuthenticationFailure, 'issuer_unavailable'>

/** One sentence each, for the detail of the error and for WWW-Authenticate, which takes no quotes (RFC 6750 §3). */
export const CREDENTIAL_FAULTS: Record<Fault, string> = {
  missing: 'The call carries no key.',
  unknown_key: 'The gateway does not know this key, or the user name of Basic is not the name of its client.',
  malformed: 'The key cannot be read, or two different ones were sent.',
  bad_signature:
    'The signature is not good for this address: it was changed, or made for a client or with a key that no longer counts.',
  expired_signature: 'The signature of this address has expired.',
  token_too_large: 'The token is larger than 8 KB.',
  token_malformed: 'The token cannot be read, or does not say when it ends.',
  token_issuer: 'The gateway does not know the issuer of the token.',
  token_algorithm: 'The token is signed in a way that is not taken from its issuer.',
  token_key: 'The key that signed the token is not one of its issuer.',
  token_signature: 'The signature of the token is wrong.',
  token_audience: 'The token is meant for another audience.',
  token_expired: 'The token has expired.',
  token_not_yet_valid: 'The token is not valid yet.',
  token_kind: 'The token is neither an access token nor an id token.',
  token_client: 'The token is that of no client.',
  token_ambiguous: 'The token is that of more than one client.',
}

const KEY_CURE = "Send a client's key as X-API-Key, as Authorization: Bearer, or as the password of Basic."
const TOKEN_CURE = 'Send one that its issuer has made for this gateway and for a client that the gateway knows.'

/** What is wrong, and what to do. */
export function describeFault(fault: Fault): string {
  return `${CREDENTIAL_FAULTS[fault]} ${fault.startsWith('token_') ? TOKEN_CURE : KEY_CURE}`
}
