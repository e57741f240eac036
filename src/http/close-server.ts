import type { FastifyInstance } from 'fastify'
import type { Clock } from '../clock.ts'

/**
 * Closes when every request under way is answered. Connections that are open for longer than `patienceMs`, with half a
 * request or an answer that nobody takes, are cut: Node itself waits for them without end.
 */
export async function closeServer(
  server: FastifyInstance,
  { clock, patienceMs }: { clock: Clock; patienceMs: number },
): Promise<void> {
  const closed = new AbortController()
  const cutting = clock.sleep(patienceMs, closed.signal).then(() => server.server.closeAllConnections())
  await server.close()
  closed.abort()
  await cutting
}
