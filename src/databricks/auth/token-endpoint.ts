import { DatabricksError } from '../errors.ts'
import type { Send } from '../exchange.ts'
import { readObject } from './read-object.ts'

const TIMEOUT_MS = 10_000
const MAX_BYTES = 2 ** 20
const SERVER_METADATA = '/.well-known/oauth-authorization-server'

export interface TokenEndpointSettings {
  /** The Databricks account; on hosts of a whole account it is part of the address. */
  account_id?: string
  /** Where Databricks' OAuth server describes itself (RFC 8414); left out: found by way of the host. */
  discovery_url?: string
}

interface TokenEndpointDeps {
  /** Origin of the workspace. */
  host: string
  send: Send
}

/** Hands the token endpoint of this host to `ask`. Rejects as that does, or with a DatabricksError of its own. */
export type AskTokenEndpoint = <T>(ask: (url: URL) => Promise<T>) => Promise<T>

/** The endpoint is found out when first needed, and anew when what is there is no token endpoint. */
export function createTokenEndpoint(settings: TokenEndpointSettings, deps: TokenEndpointDeps): AskTokenEndpoint {
  let known: URL | undefined
  return async (ask) => {
    const { url, isTold } = known ? { url: known, isTold: true } : await discover(settings, deps)
    known = isTold ? url : undefined
    return ask(url).catch((error) => {
      if (isElsewhere(error)) known = undefined
      throw error
    })
  }
}

function isElsewhere(error: unknown): boolean {
  if (!(error instanceof DatabricksError) || error.kind !== 'unavailable') return false
  return error.status !== undefined && error.status < 500
}

interface Discovered {
  url: URL
  /** Otherwise it is where it usually is. */
  isTold: boolean
}

/**
 * As Databricks' own SDKs: the host's `databricks-config` names the OAuth server, whose metadata (RFC 8414) name the
 * endpoint. Both are asked for the best; without them everything has its usual place.
 */
async function discover(settings: TokenEndpointSettings, deps: TokenEndpointDeps): Promise<Discovered> {
  const { host, send } = deps
  const { account_id, discovery_url } = settings
  const root = discovery_url?.replace(SERVER_METADATA, '') ?? (await findRoot(account_id, deps))
  const document = new URL(discovery_url ?? root + SERVER_METADATA)
  const origins = discovery_url === undefined ? [host] : [host, document.origin]
  checkPlace(document, origins)
  const { token_endpoint: named } = await get(document, send)
  const told = typeof named === 'string' ? URL.parse(named) : null
  const url = told ?? new URL(`${root}/v1/token`)
  checkPlace(url, origins)
  return { url, isTold: told !== null }
}

/** The address below which the OAuth server of this host lives. */
async function findRoot(accountId: string | undefined, { host, send }: TokenEndpointDeps): Promise<string> {
  const config = await get(new URL('/.well-known/databricks-config', host), send)
  const account = accountId ?? (typeof config['account_id'] === 'string' ? config['account_id'] : '')
  const { oidc_endpoint: named } = config
  if (typeof named === 'string' && URL.canParse(named) && (account !== '' || !named.includes('{account_id}'))) {
    return named.replaceAll('{account_id}', encodeURIComponent(account)).replace(/\/+$/, '')
  }
  const ofAccount = /^accounts(-dod)?\./.test(new URL(host).hostname) && account !== ''
  return ofAccount ? `${host}/oidc/accounts/${encodeURIComponent(account)}` : `${host}/oidc`
}

async function get(url: URL, send: Send): Promise<Record<string, unknown>> {
  const request = { method: 'GET', url, maxBytes: MAX_BYTES, timeoutMs: TIMEOUT_MS } as const
  const answer = await send('token', request).catch(() => undefined)
  return answer?.status === 200 ? readObject(answer) : {}
}

/** A document may lead away from the hosts that are configured, but only there where nobody can listen. */
function checkPlace(url: URL, origins: readonly string[]): void {
  if (url.protocol === 'https:' || origins.includes(url.origin)) return
  throw new DatabricksError(
    `${origins.at(-1)} names ${url.origin} as its token endpoint: no credential is sent there without TLS`,
    { kind: 'credential', reason: 'credential', sent: false },
  )
}
