import { createLocalJWKSet, type JSONWebKeySet } from 'jose'
import type { IssuerConfig } from '../config/schema/issuers.ts'
import { failed, type Result, skipped, well } from './finding.ts'

interface IssuerQuestion {
  name: string
  config: Pick<IssuerConfig, 'algorithms'>
  fetchKeys: () => Promise<unknown>
  offline: boolean
}

const CHECK = 'keys'

/** Whether the public keys of an issuer of tokens can be had, and tokens be checked with them. */
export async function checkIssuer({ name, config, fetchKeys, offline }: IssuerQuestion): Promise<Result[]> {
  if (offline) return [skipped(CHECK, 'the issuer is not asked (--offline)')]
  const where = `issuers.${name}`
  try {
    // Throws when it is no set of keys.
    const { keys } = createLocalJWKSet((await fetchKeys()) as JSONWebKeySet).jwks()
    const { algorithms } = config
    const usable = keys.filter(({ kty, alg }) =>
      alg ? algorithms.some((one) => one === alg) : hasKind(kty, algorithms),
    )
    if (usable.length > 0) return [well(CHECK, `${usable.length} ${usable.length === 1 ? 'key' : 'keys'}`)]
    return [
      failed(CHECK, {
        code: 'issuer-keys-unusable',
        message: `none of its keys is for ${algorithms.join(', ')}`,
        cure: `correct ${where}.algorithms, or ${where}.jwks_url`,
      }),
    ]
  } catch (error) {
    return [
      failed(CHECK, {
        code: 'issuer-unreachable',
        message: error instanceof Error ? error.message : String(error),
        cure: `correct ${where}: its issuer or jwks_url, and proxy and ca if it takes them`,
      }),
    ]
  }
}

/** A key that does not say its algorithm is for all of its kind (RFC 7518 §3.1). */
function hasKind(kty: string | undefined, algorithms: IssuerConfig['algorithms']): boolean {
  const prefixes: Record<string, string[]> = { RSA: ['RS', 'PS'], EC: ['ES'], OKP: ['Ed'] }
  return (prefixes[kty ?? ''] ?? []).some((prefix) => algorithms.some((one) => one.startsWith(prefix)))
}
