import { type Static, Type } from '@sinclair/typebox'
import { type CryptoKey, errors, generateKeyPair, jwtVerify, SignJWT } from 'jose'
import type { Options } from './options.ts'

/** Changes to the claims of a token that would be trusted; `exp` and the like in epoch seconds. */
export const Claims = Type.Record(Type.String(), Type.Unknown())
export type Claims = Static<typeof Claims>

/** Why a token is not trusted. */
export type Distrust = 'malformed' | 'signature' | 'issuer' | 'subject' | 'audience' | 'expired'

/** An identity provider outside of Databricks, such as a Kubernetes cluster, and what is trusted of it. */
export interface Issuer {
  /** A token as the issuer makes it: trusted by Databricks unless `claims` say otherwise. */
  sign(claims?: Claims): Promise<string>
  /** undefined: signed by the issuer, for the subject, for one of these audiences, and within its time. */
  distrust(token: string, audiences: readonly string[]): Promise<Distrust | undefined>
}

interface Dependencies {
  readonly now: () => number
  readonly options: Options
}

const ALGORITHM = 'RS256'
const LIFE_SECONDS = 600

export function createIssuer({ now, options }: Dependencies): Issuer {
  let keys: Promise<{ privateKey: CryptoKey; publicKey: CryptoKey }> | undefined
  // Made when first needed: hardly anybody needs them, and they take a while.
  const getKeys = () => {
    keys ??= generateKeyPair(ALGORITHM)
    return keys
  }

  return {
    sign: async (claims = {}) => {
      const { issuer: iss, subject: sub, audiences: aud } = options.federation
      const seconds = Math.floor(now() / 1_000)
      const own = { iss, sub, aud, iat: seconds, nbf: seconds, exp: seconds + LIFE_SECONDS }
      const { privateKey } = await getKeys()
      return new SignJWT({ ...own, ...claims }).setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' }).sign(privateKey)
    },
    distrust: async (token, audiences) => {
      const { issuer, subject } = options.federation
      const { publicKey } = await getKeys()
      const rules = { algorithms: [ALGORITHM], issuer, subject, audience: [...audiences], currentDate: new Date(now()) }
      try {
        await jwtVerify(token, publicKey, { ...rules, requiredClaims: ['exp'] })
        return undefined
      } catch (error) {
        return nameDistrust(error)
      }
    },
  }
}

function nameDistrust(error: unknown): Distrust {
  if (error instanceof errors.JWTExpired) return 'expired'
  if (error instanceof errors.JWTClaimValidationFailed) {
    const names: Record<string, Distrust> = { iss: 'issuer', sub: 'subject', aud: 'audience' }
    return names[error.claim] ?? 'expired'
  }
  return error instanceof errors.JWSSignatureVerificationFailed ? 'signature' : 'malformed'
}
