import { decodeJwt, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import type { Clock } from '../clock.ts'
import type { IssuerConfig } from '../config/schema/issuers.ts'
import { IssuerUnavailable } from './issuer-keys.ts'

/** Why a token (JWT) is not taken. */
export type TokenFailure =
  | 'token_too_large'
  | 'token_malformed'
  | 'token_issuer'
  | 'token_algorithm'
  | 'token_key'
  | 'token_signature'
  | 'token_audience'
  | 'token_expired'
  | 'token_not_yet_valid'
  | 'token_kind'
  | 'token_client'
  | 'token_ambiguous'

/** `why` is for the log only. */
export interface RefusedToken {
  reason: TokenFailure | 'issuer_unavailable'
  why: string
}

/** Who made the token, and what it says. */
export interface VerifiedToken {
  issuer: string
  claims: JWTPayload
}

export interface Issuer {
  /** Its name in the configuration. */
  name: string
  config: IssuerConfig
  keys: JWTVerifyGetKey
}

/** Entra's with many groups have some 5 KB; a head may have 16 KB. */
const MAX_BYTES = 8_192

/** RFC 8725 §3.11: of what an issuer signs, what is meant to show who is calling: access tokens (RFC 9068) and id tokens. */
const KINDS = ['jwt', 'at+jwt']

/** Three parts of base64url; the last one is empty in what nobody has signed. */
export function looksLikeToken(text: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]*$/.test(text)
}

/** Checks a token by RFC 7519 and RFC 8725, but not whose it is. */
export type VerifyToken = (token: string) => Promise<VerifiedToken | RefusedToken>

export function createVerifyToken(issuers: readonly Issuer[], clock: Pick<Clock, 'now'>): VerifyToken {
  const byClaim = new Map(issuers.map((issuer) => [issuer.config.issuer, issuer]))

  return async (token) => {
    if (token.length > MAX_BYTES) return { reason: 'token_too_large', why: `${token.length} bytes` }
    const said = decode(token)
    if (!said) return { reason: 'token_malformed', why: 'no JSON in it' }
    // Believed only as far as it chooses whose keys the signature is held against.
    const issuer = byClaim.get(said.iss ?? '')
    if (!issuer) return { reason: 'token_issuer', why: `iss ${show(said.iss)}` }

    const { name, config, keys } = issuer
    const now = clock.now()
    const refuse = (reason: RefusedToken['reason'], why: string): RefusedToken => ({
      reason,
      why: `issuer ${name}: ${why}`,
    })
    try {
      const { payload, protectedHeader } = await jwtVerify(token, keys, {
        algorithms: config.algorithms,
        issuer: config.issuer,
        audience: config.audience,
        clockTolerance: config.clock_tolerance_seconds,
        currentDate: new Date(now),
        requiredClaims: ['exp'],
      })
      if (payload.iat !== undefined && payload.iat > now / 1000 + config.clock_tolerance_seconds) {
        return refuse('token_not_yet_valid', `iat ${payload.iat}`)
      }
      const { typ = 'JWT' } = protectedHeader
      const kind = String(typ)
        .toLowerCase()
        .replace(/^application\//, '')
      if (!KINDS.includes(kind)) return refuse('token_kind', `typ ${show(typ)}`)
      return { issuer: name, claims: payload }
    } catch (error) {
      return refuse(...explain(error, said))
    }
  }
}

function decode(token: string): JWTPayload | undefined {
  try {
    return decodeJwt(token)
  } catch {
    return undefined
  }
}

function explain(error: unknown, said: JWTPayload): [reason: RefusedToken['reason'], why: string] {
  const text = error instanceof Error ? error.message : String(error)
  if (error instanceof IssuerUnavailable) return ['issuer_unavailable', text]
  if (error instanceof errors.JWTExpired) return ['token_expired', `exp ${said.exp}`]
  if (error instanceof errors.JOSEAlgNotAllowed) return ['token_algorithm', text]
  if (error instanceof errors.JWSSignatureVerificationFailed) return ['token_signature', text]
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'aud') return ['token_audience', `aud ${show(said.aud)}`]
    if (error.claim === 'nbf' && error.reason === 'check_failed') return ['token_not_yet_valid', `nbf ${said.nbf}`]
  }
  return [MALFORMED.some((kind) => error instanceof kind) ? 'token_malformed' : 'token_key', text]
}

/** What is wrong with the token itself; what is none of it is wrong with the key. */
const MALFORMED = [errors.JWSInvalid, errors.JWTInvalid, errors.JWTClaimValidationFailed, errors.JOSENotSupported]

/** For a line of the log: whatever it is, and however long. */
function show(value: unknown): string {
  return String(JSON.stringify(value)).slice(0, 200)
}
