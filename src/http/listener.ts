import { createServer, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { FastifyServerFactory } from 'fastify'
import { ARRIVAL } from './arrival.ts'

/** A certificate and its key, as PEM. */
interface Pair {
  cert: string
  key: string
}

/** How connections are taken: with TLS when there is a certificate, else without. */
export interface Listener {
  serverFactory: FastifyServerFactory
  /** Connections from now on get this one; those that are open stay as they are. */
  renew(pair: Pair): void
}

/** Longer than the idle time of the usual load balancers (60 s), so that it is they who close. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000

const OPTIONS: ServerOptions = {
  ...ARRIVAL.http,
  requestTimeout: ARRIVAL.requestTimeout,
  keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
  // Probes of the system find callers that vanished while they wait.
  keepAlive: true,
}

export function createListener(pair: Pair | undefined): Listener {
  /** A name such as localhost may stand for two addresses, which are two servers. */
  const secured: TlsServer[] = []

  return {
    serverFactory(handler): Server {
      if (!pair) return createServer(OPTIONS, handler)
      const server = createTlsServer({ ...OPTIONS, ...ARRIVAL.tls, ...pair, minVersion: 'TLSv1.2' }, handler)
      secured.push(server)
      return server
    },
    renew({ cert, key }) {
      for (const server of secured) server.setSecureContext({ cert, key, minVersion: 'TLSv1.2' })
    },
  }
}
