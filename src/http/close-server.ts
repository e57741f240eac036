import type { Server } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Clock } from '../clock.ts'

interface Patience {
  clock: Clock
  patienceMs: number
}

/**
 * Closes when every request under way is answered. Connections that are open for longer than `patienceMs`, with half a
 * request or an answer that nobody takes, are cut: Node itself waits for them without end.
 */
export async function closeServer(server: FastifyInstance, patience: Patience): Promise<void> {
  await acceptWaiting(server.server, patience)
  const { clock, patienceMs } = patience
  const closed = new AbortController()
  const cutting = clock.sleep(patienceMs, closed.signal).then(() => server.server.closeAllConnections())
  await server.close()
  closed.abort()
  await cutting
}

/**
 * Connections that nobody has accepted are reset when their port closes. libuv accepts one in each turn of its loop, so
 * that a busy process has many waiting.
 */
async function acceptWaiting(server: Server, { clock, patienceMs }: Patience): Promise<void> {
  const until = clock.now() + patienceMs
  let accepted: boolean
  const note = () => {
    accepted = true
  }
  server.on('connection', note)
  // From here on each turn is a whole one. The last of them reads the request of the last connection.
  await setImmediate()
  do {
    accepted = false
    await setImmediate()
  } while (accepted && clock.now() < until)
  server.off('connection', note)
}
