import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { PROBLEMS } from './problems.ts'

/** What arrived is no HTTP request that could be routed. */
const STATUSES: Record<string, [status: number, detail: string]> = {
  HPE_HEADER_OVERFLOW: [431, 'The headers of the request are too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not arrive as a whole in time.'],
}

/** Answers, as problem and by hand, what Node's parser refuses before there is a request; then hangs up. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return
  const code = 'invalid-request'
  const { title, retryable } = PROBLEMS[code]
  const [status, detail] = STATUSES[error.code ?? ''] ?? [400, 'This is no HTTP request that can be read.']
  const body = JSON.stringify({ type: `/problems/${code}`, title, status, detail, code, retryable })
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/problem+json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}
