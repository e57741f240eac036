import { STATUS_CODES } from 'node:http'
import { parseWithIds } from './json.ts'

/** What an error answer says, whichever of the shapes that Databricks and the proxies before it use. */
export interface ErrorBody {
  message: string
  errorCode?: string
  /** The code stood in a JSON `error_code`: the Jobs API itself spoke, not something on the way. */
  ofJobsApi: boolean
  /** From `google.rpc.RetryInfo`. */
  retryDelayMs?: number
  /** From `google.rpc.RequestInfo`. */
  requestId?: string
}

export function readErrorBody(status: number, text: string): ErrorBody {
  const body = text.trim()
  const object = parseObject(body)
  if (object) {
    return { ...readJson(status, object), ofJobsApi: object['error_code'] !== undefined }
  }
  return { ...readText(status, body), ofJobsApi: false }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parseObject(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith('{')) {
    return undefined
  }
  try {
    const value = parseWithIds(text)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

/**
 * In this order: `{error_code, message, details}` (its code may be a number), OAuth `{error, error_description}` (RFC 6749 §5.2, the text may lack),
 * `{errorCode, errorSummary}`, the Jobs API 1.2 `{error}`, SCIM `{detail, scimType}`.
 */
function readJson(status: number, body: Record<string, unknown>): Omit<ErrorBody, 'ofJobsApi'> {
  const oauthCode = /^[a-z]+(_[a-z]+)+$/.exec(word(body['error']) ?? '')?.[0]
  const code = word(body['error_code']) ?? word(body['errorCode']) ?? oauthCode
  const message =
    word(body['message']) ??
    word(body['error_description']) ??
    word(body['errorSummary']) ??
    word(body['error']) ??
    word(body['detail']) ??
    reasonPhrase(status)
  return { message, ...(code === undefined ? {} : { errorCode: code }), ...readDetails(body['details']) }
}

function readDetails(details: unknown): Pick<ErrorBody, 'retryDelayMs' | 'requestId'> {
  const found: Pick<ErrorBody, 'retryDelayMs' | 'requestId'> = {}
  for (const detail of Array.isArray(details) ? details.filter(isRecord) : []) {
    const type = word(detail['@type']) ?? ''
    const delay = /^(\d+(?:\.\d+)?)s$/.exec(word(detail['retry_delay']) ?? '')?.[1]
    if (type.endsWith('.RetryInfo') && delay !== undefined) {
      found.retryDelayMs = Number(delay) * 1000
    }
    const requestId = word(detail['request_id'])
    if (type.endsWith('.RequestInfo') && requestId !== undefined) {
      found.requestId = requestId
    }
  }
  return found
}

/** A web page is told by its `<pre>` or `<title>`; `CODE: message` is the plain text of old back ends. */
function readText(status: number, body: string): Omit<ErrorBody, 'ofJobsApi'> {
  if (isWebPage(body)) {
    return { message: pageTitle(body) ?? reasonPhrase(status) }
  }
  const [, code, message] = /^([A-Z][A-Z0-9_]+): (.+)$/s.exec(body) ?? []
  return code !== undefined && message !== undefined
    ? { message, errorCode: code }
    : { message: body === '' ? reasonPhrase(status) : body }
}

export function isWebPage(text: string): boolean {
  return text.trimStart().startsWith('<')
}

export function pageTitle(page: string): string | undefined {
  const found = /<pre[^>]*>(.*?)<\/pre>/is.exec(page) ?? /<title[^>]*>(.*?)<\/title>/is.exec(page)
  return found?.[1]?.trim() || undefined
}

function reasonPhrase(status: number): string {
  return STATUS_CODES[status] ?? `HTTP ${status}`
}

function word(value: unknown): string | undefined {
  return (typeof value === 'string' && value !== '') || typeof value === 'number' ? String(value) : undefined
}
