import type { Clock } from '../../clock.ts'
import { answerError, decodeError } from '../decode-error.ts'
import { isRecord } from '../error-body.ts'
import { DatabricksError, type ErrorFacts, restate } from '../errors.ts'
import type { Answer, Send } from '../exchange.ts'
import { parseWithIds } from '../json.ts'
import type { ExpiringToken } from './credential.ts'
import { readSecret, type Secret } from './secret.ts'

const DISCOVERY_MS = 10_000
const TOKEN_MS = 30_000
const MAX_BYTES = 2 ** 20
/** Of a token whose answer does not tell; short, because a guess that is too long fails every call. */
const UNTOLD_LIFE_SECONDS = 300

export interface OauthM2mSettings {
  client_id: string
  client_secret: Secret
}

interface OauthM2mDeps {
  /** Origin of the workspace. */
  host: string
  send: Send
  clock: Clock
}

const ENCODINGS = ['form', 'raw'] as const
type Encoding = (typeof ENCODINGS)[number]

/** OAuth client credentials of a service principal (RFC 6749 §4.4), as Databricks' workspaces serve them. */
export function createOauthM2m(settings: OauthM2mSettings, { host, send, clock }: OauthM2mDeps) {
  let endpoint = new URL('/oidc/v1/token', host)
  let encoding: Encoding = 'form'

  return async function fetchToken(): Promise<ExpiringToken> {
    const secret = await readSecret(settings.client_secret, 'client secret')
    endpoint = (await discover(host, send)) ?? endpoint
    try {
      return await post(endpoint, secret, encoding)
    } catch (error) {
      const other = encoding === 'form' ? 'raw' : 'form'
      const same = basic(settings.client_id, secret, encoding) === basic(settings.client_id, secret, other)
      if (same || !(error instanceof DatabricksError) || error.errorCode !== 'invalid_client') {
        throw error
      }
      // RFC 6749 §2.3.1 has both parts form-encoded; not every server undoes it, and not every client does it.
      const token = await post(endpoint, secret, other)
      encoding = other
      return token
    }
  }

  async function post(url: URL, secret: string, how: Encoding): Promise<ExpiringToken> {
    const secrets = [secret, ...ENCODINGS.map((encoding) => basic(settings.client_id, secret, encoding))]
    const authorization = `Basic ${basic(settings.client_id, secret, how)}`
    const issuedAt = clock.now()
    const answer = await send('token', {
      method: 'POST',
      url,
      headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'all-apis' }).toString(),
      maxBytes: MAX_BYTES,
      timeoutMs: TOKEN_MS,
    }).catch((error) => {
      throw error instanceof DatabricksError ? noToken(error) : error
    })
    const { access_token: value, expires_in: life } = readObject(answer)
    if (answer.status === 200 && typeof value === 'string' && value !== '') {
      const seconds = Number(life) > 0 ? Number(life) : UNTOLD_LIFE_SECONDS
      const expiresAt = issuedAt + seconds * 1000
      return { headers: { authorization: `Bearer ${value}` }, issuedAt, expiresAt, secrets }
    }
    throw tokenError(answer, url, clock.now(), secrets)
  }
}

/** The token endpoint by RFC 8414; undefined when there is no usable document. */
async function discover(host: string, send: Send): Promise<URL | undefined> {
  const url = new URL('/oidc/.well-known/oauth-authorization-server', host)
  const request = { method: 'GET', url, maxBytes: MAX_BYTES, timeoutMs: DISCOVERY_MS } as const
  const answer = await send('token', request).catch(() => undefined)
  const named = answer?.status === 200 ? readObject(answer)['token_endpoint'] : undefined
  if (typeof named !== 'string' || !URL.canParse(named)) {
    return undefined
  }
  const endpoint = new URL(named)
  if (endpoint.protocol !== 'https:' && endpoint.origin !== host) {
    throw new DatabricksError(
      `${host} names ${endpoint.origin} as its token endpoint: the client secret is not sent there without TLS`,
      { kind: 'credential', reason: 'credential', sent: false },
    )
  }
  return endpoint
}

/** The credentials of HTTP Basic (RFC 7617). */
function basic(clientId: string, secret: string, encoding: Encoding): string {
  const encode = encoding === 'form' ? formEncode : (text: string) => text
  return Buffer.from(`${encode(clientId)}:${encode(secret)}`).toString('base64')
}

function formEncode(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1)
}

function readObject({ text }: Answer): Record<string, unknown> {
  try {
    const value = parseWithIds(text)
    return isRecord(value) ? value : {}
  } catch {
    return {}
  }
}

function tokenError(answer: Answer, url: URL, now: number, secrets: string[]): DatabricksError {
  const ok = answer.status >= 200 && answer.status < 300
  const error = ok ? answerError(answer, url.host, secrets) : decodeError(answer, now, secrets)
  const refused = [400, 401, 403].includes(answer.status) && error.errorCode !== undefined
  const kind = refused && error.kind !== 'throttled' ? 'credential' : error.kind
  return noToken(error, { kind, reason: kind === 'credential' ? 'credential' : error.reason })
}

/** Whatever happened to the request for a token, the request that needed it never left. */
function noToken(error: DatabricksError, changes: Partial<ErrorFacts> = {}): DatabricksError {
  return restate(error, { ...changes, sent: false, message: `No access token: ${error.message}` })
}
