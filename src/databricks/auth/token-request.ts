import { answerError, decodeError } from '../decode-error.ts'
import { DatabricksError, type ErrorFacts, restate } from '../errors.ts'
import type { Answer, Send } from '../exchange.ts'
import { readObject } from './read-object.ts'

const TIMEOUT_MS = 30_000
const MAX_BYTES = 2 ** 20
/** Of a token whose answer does not tell; short, because a guess that is too long fails every call. */
const UNTOLD_LIFE_SECONDS = 300

interface TokenRequest {
  url: URL
  form: Record<string, string>
  headers?: Record<string, string>
  /** What must not come back in an error. */
  secrets: readonly string[]
}

export interface AccessToken {
  value: string
  lifeMs: number
}

export interface TokenRequestDeps {
  send: Send
  clock: { now(): number }
}

/**
 * Asks an OAuth token endpoint (RFC 6749 §5). Rejects with a DatabricksError: kind `credential` when it said no to what
 * was shown, and always `sent: false`, because the request that needed the token never left.
 */
export async function requestToken(request: TokenRequest, { send, clock }: TokenRequestDeps): Promise<AccessToken> {
  const { url, form, headers, secrets } = request
  const answer = await send('token', {
    method: 'POST',
    url,
    headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
    maxBytes: MAX_BYTES,
    timeoutMs: TIMEOUT_MS,
  }).catch((error) => {
    throw error instanceof DatabricksError ? noToken(error) : error
  })
  const { access_token: value, expires_in: life } = readObject(answer)
  if (answer.status !== 200 || typeof value !== 'string' || value === '') {
    throw tokenError(answer, url, clock.now(), secrets)
  }
  // A number by RFC 6749; text from Entra's v1 endpoint.
  return { value, lifeMs: (Number(life) > 0 ? Number(life) : UNTOLD_LIFE_SECONDS) * 1000 }
}

/** Codes that speak of the server, under whatever status they come (RFC 6749 §4.1.2.1, Entra). */
const itsOwnTrouble = new Set(['server_error', 'temporarily_unavailable'])

function tokenError(answer: Answer, url: URL, now: number, secrets: readonly string[]): DatabricksError {
  const ok = answer.status >= 200 && answer.status < 300
  const error = ok ? answerError(answer, url.host, secrets) : decodeError(answer, now, secrets)
  const { errorCode } = error
  if (errorCode !== undefined && itsOwnTrouble.has(errorCode)) {
    return noToken(error, { kind: 'unavailable', reason: 'status', transient: true })
  }
  const refused = [400, 401, 403].includes(answer.status) && errorCode !== undefined
  const kind = refused && error.kind !== 'throttled' ? 'credential' : error.kind
  return noToken(error, { kind, reason: kind === 'credential' ? 'credential' : error.reason })
}

/** Whatever happened to the request for a token, the request that needed it never left. */
function noToken(error: DatabricksError, changes: Partial<ErrorFacts> = {}): DatabricksError {
  return restate(error, { ...changes, sent: false, message: `No access token: ${error.message}` })
}
