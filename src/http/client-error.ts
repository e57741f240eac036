import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { FastifyBaseLogger } from 'fastify'
import type { Links } from './links.ts'
import { PROBLEMS } from './problems.ts'

/** What arrived is no HTTP request that could be routed. */
const STATUSES: Record<string, [status: number, detail: string]> = {
  HPE_HEADER_OVERFLOW: [431, 'The headers of the request are too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not arrive as a whole in time.'],
}

export interface ClientErrorDeps {
  links: Links
  log: Pick<FastifyBaseLogger, 'info'>
}

export type AnswerClientError = (error: Error & { code?: string }, socket: Socket) => void

/** Answers, as problem and by hand, what Node's parser refuses before there is a request; then hangs up. */
export function createAnswerClientError({ links, log }: ClientErrorDeps): AnswerClientError {
  return (error, socket) => {
    if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return
    const code = 'invalid-request'
    const { title, retryable } = PROBLEMS[code]
    const [status, detail] = STATUSES[error.code ?? ''] ?? [400, 'This is no HTTP request that can be read.']
    const request_id = randomUUID()
    log.info({ event: 'http.unreadable', request_id, status, reason: error.code })
    const type = links.problem({ protocol: socket instanceof TLSSocket ? 'https' : 'http', host: '', socket }, code)
    const body = JSON.stringify({ type, title, status, detail, code, retryable, request_id })
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/problem+json; charset=utf-8\r\n` +
        `X-Request-Id: ${request_id}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    )
  }
}
