import { OUTCOME_WORDS } from '../../src/http/plain-words.ts'
import type { WireRequest } from './hostile-requests.ts'

export interface WireAnswer {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const INTERNALS = /node_modules|SQLITE_|\bat [\w.<>]+ \(|\.[jt]s:\d+/
/** What a request has brought in, or what tells what the gateway is made of. */
const UNWANTED = ['x-injected', 'server', 'x-powered-by', 'set-cookie']
/** What somebody asked for. */
const PAUSED = /^ERROR paused |"code":"paused"/
/** Lists, outputs and dry runs have their own text forms. */
const FREE_TEXT = /^\/runs\b|dry_run/
/** What has other forms than these two. */
const PAGES = /^\/(docs|problems|metrics|admin\/audit)\b/

/**
 * Everything that holds for whatever anybody sends: design §3.4. Undefined when it does, else what does not.
 * @param trouble statuses of 500 and more that may be
 */
export function findFault(
  request: WireRequest,
  answer: WireAnswer,
  { secrets, trouble }: { secrets: readonly string[]; trouble: readonly number[] },
): string | undefined {
  const { status, headers, text } = answer
  const type = String(headers['content-type'] ?? '')
  const everything = `${JSON.stringify(headers)}\n${text}`
  if (status >= 500 && !trouble.includes(status) && !PAUSED.test(text)) return 'an error of the server'
  if (status < 200 || (status >= 300 && status < 400)) return 'neither an answer nor an error'
  if (!echoesRequestId(request, headers['x-request-id'])) return `x-request-id is ${headers['x-request-id']}`
  if (secrets.some((secret) => everything.includes(secret))) return 'a secret in the answer'
  const unwanted = UNWANTED.find((name) => headers[name] !== undefined)
  if (unwanted !== undefined) return `a header ${unwanted}`
  if (request.method === 'HEAD') return text === '' ? undefined : 'HEAD with a body'
  if (status < 400 && PAGES.test(request.path)) return undefined
  if (status >= 400 && INTERNALS.test(text)) return 'internals in an error'
  if (type.startsWith('text/plain')) return findFaultInText(request, status, text)
  if (wantsText(request)) return `${type}, though text was asked for`
  if (status >= 400) return findFaultInProblem(status, type, text)
  return isObject(parse(text)) ? undefined : 'no JSON object'
}

function findFaultInText(request: WireRequest, status: number, text: string): string | undefined {
  if (wantsJson(request)) return 'text, though nobody asked for it'
  if (/^ERROR [a-z-]+ [^\r\n]+\n$/.test(text)) {
    if (status < 400) return `an ERROR with status ${status}`
    return OUTCOME_WORDS.some((word) => text.includes(word)) ? 'an outcome word in an ERROR' : undefined
  }
  if (status === 200 && FREE_TEXT.test(`${request.path}\n${request.body}`)) return undefined
  return OUTCOME_WORDS.some((word) => text === `${word}\n`) ? undefined : 'neither a word nor an ERROR'
}

function findFaultInProblem(status: number, type: string, text: string): string | undefined {
  if (!type.startsWith('application/problem+json')) return `an error as ${type}`
  const problem = parse(text)
  if (!isObject(problem)) return 'a problem that is no object'
  if (problem['status'] !== status) return 'another status in the body'
  const strings = ['type', 'title', 'detail', 'code', ...('done' in problem ? ['id', 'state'] : ['request_id'])]
  const lacking = strings.find((name) => typeof problem[name] !== 'string' || problem[name] === '')
  if (lacking !== undefined) return `a problem without ${lacking}`
  if (typeof problem['retryable'] !== 'boolean') return 'a problem without retryable'
  if (!URL.canParse(String(problem['type']))) return 'a type that is no URL'
  return undefined
}

function echoesRequestId({ headers }: WireRequest, answered: unknown): boolean {
  const sent = headers.filter(([name]) => name === 'x-request-id').map(([, value]) => value.trim())
  if (sent.length === 1 && /^[A-Za-z0-9._-]{1,100}$/.test(sent[0] ?? '')) return answered === sent[0]
  return typeof answered === 'string' && (UUID.test(answered) || sent.length > 1)
}

/** Sure cases only: which of several wishes counts is not this check's matter. */
function wantsJson({ path, headers, body }: WireRequest): boolean {
  const wishes = `${path}\n${body}\n${headers.map(([, value]) => value).join('\n')}`
  return !/format|text\/plain/i.test(wishes)
}

function wantsText({ path }: WireRequest): boolean {
  const formats = new URLSearchParams(path.split('?')[1]).getAll('format')
  return (
    formats.length === 1 && ['text', 'result'].includes(formats[0] ?? '') && /^\/(trigger|runs?|await)\b/.test(path)
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
