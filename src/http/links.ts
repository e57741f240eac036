import type { FastifyRequest } from 'fastify'
import type { Config } from '../config/schema.ts'
import type { ErrorCode } from '../runs/errors.ts'
import type { Call } from './call.ts'
import type { SignedLocations } from './signed-location.ts'

/** How a caller has reached the gateway. */
export type Reached = Pick<FastifyRequest, 'protocol' | 'host' | 'socket'> & { call?: Pick<Call, 'config'> }

/** Absolute URLs of the gateway, as callers reach it. */
export interface Links {
  /** Where the request's caller awaits the run. */
  run(request: FastifyRequest, id: string): string
  problem(request: Reached, code: ErrorCode): string
  /** A path of the gateway, with its query. */
  to(request: FastifyRequest, path: string): string
}

/** A host and port, and nothing that could turn a URL into another one. */
const HOST = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/

/** By `server.public_url`; else the request's own host, behind a trusted proxy the forwarded one. */
export function createLinks(current: () => Config, signed: Pick<SignedLocations, 'queryFor'>): Links {
  function base(request: Reached): string {
    const { server } = request.call?.config ?? current()
    return server.public_url ?? `${request.protocol}://${hostOf(request)}`
  }
  return {
    run: (request, id) => `${base(request)}/runs/${id}/await${signed.queryFor(request, id)}`,
    problem: (request, code) => `${base(request)}/problems/${code}`,
    to: (request, path) => base(request) + path,
  }
}

function hostOf({ host, socket }: Reached): string {
  if (HOST.test(host) && URL.canParse(`http://${host}`)) return host
  const { localAddress = 'localhost', localPort } = socket
  return `${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`
}
