import type { IncomingHttpHeaders } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { Dispatcher } from 'undici'
import { type Clock, OVER } from '../clock.ts'
import { DatabricksError, type ErrorReason } from './errors.ts'
import type { Health } from './health.ts'
import { cleanText } from './text.ts'
import type { Endpoint, Observer } from './types.ts'

export interface HttpRequest {
  method: 'GET' | 'POST'
  url: URL
  headers?: Record<string, string>
  body?: string
  /** Of the body, unpacked. */
  maxBytes: number
  /** From the call to the last byte of the answer, waiting for a connection included. */
  timeoutMs: number
  signal?: AbortSignal | undefined
  /** Tries of the same request before this one; left out: none. */
  resends?: number
}

/** A whole answer, whatever its status. Redirects are answers too. */
export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

/** One request, one answer; rejects with a DatabricksError whose `sent` tells whether a byte may have left. */
export type Send = (endpoint: Endpoint, request: HttpRequest) => Promise<Answer>

interface SendDeps {
  dispatcher: Dispatcher
  clock: Clock
  userAgent: string
  health: Pick<Health, 'answered' | 'unanswered'>
  observer?: Observer | undefined
}

export function createSend({ dispatcher, clock, userAgent, health, observer }: SendDeps): Send {
  return async (endpoint, request) => {
    const started = clock.now()
    const observe = (code: string) => observer?.request(endpoint, code, (clock.now() - started) / 1000)
    try {
      const answer = await exchange(dispatcher, clock, {
        ...request,
        headers: { accept: 'application/json', 'accept-encoding': 'gzip', 'user-agent': userAgent, ...request.headers },
      })
      observe(String(answer.status))
      health.answered(answer)
      return answer
    } catch (error) {
      observe(error instanceof DatabricksError ? error.reason : 'connection')
      // Not what we gave up ourselves, or what was too large.
      if (error instanceof DatabricksError && error.transient) health.unanswered(error.message)
      throw error
    }
  }
}

async function exchange(dispatcher: Dispatcher, clock: Clock, request: HttpRequest): Promise<Answer> {
  const { status, headers, body } = await receive(dispatcher, clock, request)
  if (headers['content-encoding'] !== 'gzip') {
    return { status, headers, text: body.toString() }
  }
  try {
    const unpacked = await promisify(gunzip)(body, { maxOutputLength: request.maxBytes })
    return { status, headers, text: unpacked.toString() }
  } catch (cause) {
    const tooLarge = cause instanceof RangeError
    throw new DatabricksError(tooLarge ? tooLargeText(request.maxBytes) : 'The answer could not be unpacked', {
      kind: 'unavailable',
      reason: tooLarge ? 'too_large' : 'connection',
      transient: !tooLarge,
      sent: true,
      cause,
    })
  }
}

interface Received {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
}

function receive(dispatcher: Dispatcher, clock: Clock, request: HttpRequest): Promise<Received> {
  const { url, method, headers = {}, body = null, maxBytes, timeoutMs, signal } = request
  const { promise, resolve, reject } = Promise.withResolvers<Received>()
  const over = new AbortController()
  const chunks: Buffer[] = []
  let status = 0
  let answerHeaders: IncomingHttpHeaders = {}
  let size = 0
  let connection: Dispatcher.DispatchController | undefined

  const fail = (reason: ErrorReason, message: string, facts: { transient?: boolean; cause?: unknown } = {}) => {
    if (!over.signal.aborted) {
      const error = new DatabricksError(message, {
        kind: 'unavailable',
        reason,
        sent: connection !== undefined,
        ...facts,
      })
      over.abort(OVER)
      reject(error)
      connection?.abort(error)
    }
  }
  const cancel = () => fail('aborted', 'The call was given up')
  if (signal?.aborted) {
    cancel()
    return promise
  }
  signal?.addEventListener('abort', cancel, { once: true, signal: over.signal })
  void clock.sleep(timeoutMs, over.signal).then(() => {
    const what = connection ? 'answer' : 'connection'
    fail('timeout', `No ${what} from ${url.host} within ${Math.round(timeoutMs)} ms`, { transient: true })
  })

  dispatcher.dispatch(
    { origin: url.origin, path: url.pathname + url.search, method, headers, body },
    {
      // undici calls this just before it writes the first byte. What was given up while it waited for a connection is
      // refused here, by throwing: that spares the connection, which an abort would close.
      onRequestStart(controller) {
        if (over.signal.aborted) {
          throw new Error('given up before it was sent')
        }
        connection = controller
      },
      onResponseStart(_controller, statusCode, received) {
        status = statusCode
        answerHeaders = received
      },
      onResponseData(_controller, chunk) {
        size += chunk.length
        if (size > maxBytes) {
          fail('too_large', tooLargeText(maxBytes))
        } else {
          chunks.push(chunk)
        }
      },
      onResponseEnd() {
        over.abort(OVER)
        resolve({ status, headers: answerHeaders, body: Buffer.concat(chunks) })
      },
      onResponseError(_controller, cause) {
        const code = 'code' in cause ? cause.code : undefined
        if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED') {
          fail('aborted', 'The client is closed', { cause })
        } else {
          const transient = code !== 'UND_ERR_INVALID_ARG'
          fail('connection', `The connection to ${url.host} failed: ${describe(cause)}`, { transient, cause })
        }
      },
    },
  )
  return promise
}

function tooLargeText(maxBytes: number): string {
  return `The answer is larger than ${Math.round(maxBytes / 2 ** 20)} MB`
}

/** An AggregateError of several addresses has no message of its own. */
function describe(error: Error): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error
  return cleanText(first instanceof Error ? first.message : String(first))
}
