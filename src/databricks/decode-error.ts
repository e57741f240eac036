import { type ErrorBody, isWebPage, pageTitle, readErrorBody } from './error-body.ts'
import { DatabricksError, type ErrorFacts } from './errors.ts'
import type { Answer } from './exchange.ts'
import { cleanText } from './text.ts'

/** These win over the status: Databricks sends them under 400 and 500 too. */
const throttlingCodes = new Set([
  'REQUEST_LIMIT_EXCEEDED',
  'RESOURCE_EXHAUSTED',
  'RESOURCE_LIMIT_EXCEEDED',
  'TOO_MANY_REQUESTS',
  '429',
])

const credentialCodes = new Set(['UNAUTHENTICATED', 'CUSTOMER_UNAUTHORIZED', 'invalid_token', '401'])

/** Codes that leave open whether something was done, should one ever come under 400, 403 or 404. */
const uncertainCode =
  /^(5\d\d|ABORTED|CANCELLED|DATA_LOSS|DEADLINE_EXCEEDED|INTERNAL(_SERVER)?(_ERROR)?|UNKNOWN|(WORKSPACE_)?TEMPORARILY_UNAVAILABLE|SERVICE_UNDER_MAINTENANCE)$/

/** Texts that Databricks' own SDKs take for passing trouble under any status. */
const transientTexts = [
  /UnknownWorkerEnvironmentException/,
  /does not have any associated worker environments/,
  /There is no worker environment with id/,
  /Unknown worker environment/,
  /worker env .* not found/,
  /ClusterNotReadyException/,
  /Timed out after /,
  /deadline exceeded/,
  /Unexpected error/,
  /REQUEST_LIMIT_EXCEEDED/,
  /RPC token bucket limit has been exceeded/,
  /Please try again later or try a faster operation/,
]

/** The 403s that are about us and not about the job: the token, our address, our place in the workspace. */
const aboutUs = [
  /\b(access|bearer|oauth|aad) tokens?\b/i,
  /\binvalid token\b|(?<!idempotency[ _])\btoken (is |has |was )?(been )?(expired|invalid|revoked)/i,
  /\bIP ACL\b|\bIP access list|\bnetwork policy\b|\bpublic access is not allowed\b/i,
  /\bunauthorized access to\b|\bnot a member of (this|the) workspace\b|\b(user|principal) .* is not active\b/i,
]

/** How Databricks has told, under 400 as well as 403, that an Entra token has ended or is not for it. */
const aboutJwt = /\bjsonwebtoken\b|\bJWT (has )?expired\b/i

const rateText = /\btoken bucket\b|\brate limit|\brequests?\b/i

const fullText =
  /\b(active|concurrent|parallel|running|simultaneous)( \w+)? (runs?|tasks?|jobs?)\b|\b(runs?|tasks?|jobs?) (\w+ )?(active|at once|at the same time|concurrently|in parallel|running|simultaneously)\b/i

const missingText = /\b(Job|Run) .* does not exist|Run: .* in job: .* doesn't exist/i

type Verdict = Pick<ErrorFacts, 'kind' | 'reason'> & { transient?: boolean }

/** Every answer that is not a 2xx, as an error. `secrets` are kept out of its texts. */
export function decodeError(answer: Answer, now: number, secrets: readonly string[] = []): DatabricksError {
  const { status, headers } = answer
  if (status >= 300 && status < 400) {
    return redirectError(answer, secrets)
  }
  const body = readErrorBody(status, answer.text)
  const headerId = headers['x-request-id']
  const requestId = body.requestId ?? (typeof headerId === 'string' ? headerId : undefined)
  // A date that they tell is one of their clock.
  const theirNow = Date.parse(headers.date ?? '') || now
  const clean = (word: string | undefined) => word && cleanText(word, secrets)
  return new DatabricksError(cleanText(body.message, secrets), {
    ...classify(status, body),
    sent: true,
    status,
    errorCode: clean(body.errorCode),
    requestId: clean(requestId),
    retryAfterMs: later(readRetryAfter(headers['retry-after'], theirNow), body.retryDelayMs),
  })
}

function classify(status: number, { errorCode = '', ofJobsApi, message }: ErrorBody): Verdict {
  if (status === 429 || throttlingCodes.has(errorCode)) {
    // A workspace that is full stays so for longer than a call can wait.
    return isFull(errorCode, message)
      ? { kind: 'throttled', reason: 'capacity' }
      : { kind: 'throttled', reason: 'throttled', transient: true }
  }
  if (transientTexts.some((text) => text.test(message))) {
    return { kind: 'unavailable', reason: 'transient', transient: true }
  }
  if (status === 401) {
    return { kind: 'credential', reason: 'credential' }
  }
  if (status === 400 || status === 403 || status === 404) {
    const isAboutUs = status === 403 && aboutUs.some((text) => text.test(message))
    if (credentialCodes.has(errorCode) || isAboutUs || aboutJwt.test(message)) {
      return { kind: 'credential', reason: 'credential' }
    }
    if (ofJobsApi && errorCode !== '' && !uncertainCode.test(errorCode)) {
      return { kind: refusalKind(status, errorCode, message), reason: 'status' }
    }
  }
  return { kind: 'unavailable', reason: 'status', transient: status === 502 || status === 503 || status === 504 }
}

/** Too many runs rather than too many requests. Databricks documents 429 for both, and no code that tells them apart. */
function isFull(errorCode: string, message: string): boolean {
  if (errorCode === 'REQUEST_LIMIT_EXCEEDED' || rateText.test(message)) return false
  return errorCode === 'RESOURCE_EXHAUSTED' || fullText.test(message)
}

function refusalKind(status: number, errorCode: string, message: string): 'denied' | 'missing' | 'refused' {
  if (status === 403) {
    return 'denied'
  }
  return errorCode === 'RESOURCE_DOES_NOT_EXIST' || missingText.test(message) ? 'missing' : 'refused'
}

/** A 2xx that does not hold what was asked for. It proves nothing about what was done. */
export function answerError(answer: Answer, host: string, secrets: readonly string[] = []): DatabricksError {
  const facts = { kind: 'unavailable', sent: true, status: answer.status } as const
  if (isWebPage(answer.text)) {
    const title = cleanText(pageTitle(answer.text) ?? '', secrets)
    return new DatabricksError(
      `${host} answered a web page${title && ` ("${title}")`} instead of JSON: the host is wrong, or it is a unified host that needs a workspace id`,
      { ...facts, reason: 'web_page' },
    )
  }
  return new DatabricksError(`${host} answered ${answer.status} without what was asked for`, {
    ...facts,
    reason: 'answer',
  })
}

/** Never followed: it leads to a login page, and would carry the token elsewhere. */
function redirectError({ status, headers }: Answer, secrets: readonly string[]): DatabricksError {
  const location = headers.location ?? ''
  const target = location.split(/[?#]/, 1)[0] ?? ''
  const message = location.includes('private-link-validation-error')
    ? 'The workspace takes calls only over its Private Link, and this one came from elsewhere'
    : `The host redirects to ${cleanText(target, secrets) || 'nowhere'} instead of answering: the workspace host is wrong, or it needs a login`
  return new DatabricksError(message, { kind: 'unavailable', reason: 'redirect', sent: true, status })
}

/** RFC 9110 §10.2.3: whole seconds or an HTTP date. */
export function readRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) {
    return undefined
  }
  if (/^\s*\d+\s*$/.test(header)) {
    return Number(header) * 1000
  }
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

function later(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b)
}
