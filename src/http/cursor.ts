import type { FastifyReply, FastifyRequest } from 'fastify'
import { GatewayError } from '../runs/errors.ts'
import type { Links } from './links.ts'

/**
 * The cursor with which the next page of a list begins, by the last id of this one; null after the last page. The answer's
 * Link header leads there, too.
 */
export function leadOn(request: FastifyRequest, reply: FastifyReply, last: string | undefined, links: Links) {
  if (last === undefined) return null
  const cursor = Buffer.from(last).toString('base64url')
  const parameters = new URLSearchParams(
    Object.entries({ ...(request.query as object), cursor }).map(([name, value]) => [name, String(value)]),
  )
  reply.header('link', `<${links.to(request, `${request.routeOptions.url}?${parameters}`)}>; rel="next"`)
  return cursor
}

/** The id that a cursor stands for. @throws GatewayError invalid-request */
export function decodeCursor(cursor: string): string {
  const id = Buffer.from(cursor, 'base64url').toString()
  if (/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(id)) return id
  throw new GatewayError(
    'invalid-request',
    'cursor is none that the gateway gave: send next_cursor of the page before.',
  )
}
