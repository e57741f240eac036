import type { IssuerConfig } from './config/schema/issuers.ts'
import type { FetchJson } from './fetch-json.ts'

/** Asks an issuer for its public keys. Rejects with an error that says in words what was wrong. */
export type FetchKeys = () => Promise<unknown>

/**
 * Where the configuration says, or the issuer's own discovery document: that is read when first needed, and again when
 * the place that it named has failed.
 */
export function createFetchKeys(config: IssuerConfig, fetchJson: FetchJson): FetchKeys {
  const { issuer, jwks_url } = config
  const getJson = (url: URL) => fetchJson(url, config)
  let known: URL | undefined
  return async () => {
    const url = known ?? (jwks_url === undefined ? await discover(issuer, getJson) : new URL(jwks_url))
    known = undefined
    const keys = await getJson(url)
    known = url
    return keys
  }
}

/** OpenID Connect Discovery 1.0 §4. */
async function discover(issuer: string, getJson: (url: URL) => Promise<unknown>): Promise<URL> {
  const document = new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
  const found = (await getJson(document)) as Record<string, unknown> | null
  const [said, named] = [found?.['issuer'], found?.['jwks_uri']]
  // Otherwise one issuer could answer for another (§4.3).
  if (said !== issuer) throw new Error(`${document.href}: it is of another issuer, ${show(said)}`)
  const url = typeof named === 'string' ? URL.parse(named) : null
  if (url && (url.protocol === 'https:' || url.origin === document.origin)) return url
  throw new Error(`${document.href}: its jwks_uri is no https address: ${show(named)}`)
}

function show(value: unknown): string {
  return String(JSON.stringify(value)).slice(0, 200)
}
