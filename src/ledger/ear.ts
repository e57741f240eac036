import { Socket } from 'node:net'
import { Client, type ClientConfig } from 'pg'
import { PATIENCE_MS } from './postgres.ts'
import { toLedgerError } from './postgres-pool.ts'

/** A session that hears what is told on a channel. */
export interface Ear {
  /** Aborted when the session is known to be broken. */
  readonly broken: AbortSignal
  /** Asks the server: a connection that was cut silently is found no other way. */
  isAlive(): Promise<boolean>
  close(): void
}

/** Never of the pool: it hears as long as it has one session to itself. Rejects with LedgerError. */
export async function openEar(
  server: ClientConfig,
  channel: string,
  onMessage: (message: string) => void,
): Promise<Ear> {
  const socket = new Socket()
  const client = new Client({
    ...server,
    stream: () => socket,
    connectionTimeoutMillis: PATIENCE_MS,
    query_timeout: PATIENCE_MS,
  })
  const broken = new AbortController()
  client.on('error', () => broken.abort())
  client.on('end', () => broken.abort())
  client.on('notification', ({ payload = '' }) => onMessage(payload))

  function close(): void {
    broken.abort()
    // Says good-bye; the other side may be long gone, so nobody waits for its answer.
    client.end().catch(() => {})
    socket.destroy()
  }

  try {
    await client.connect()
    await client.query(`listen ${channel}`)
  } catch (error) {
    close()
    throw toLedgerError(error)
  }
  return {
    broken: broken.signal,
    close,
    isAlive: async () =>
      !broken.signal.aborted &&
      client.query('select 1').then(
        () => true,
        () => false,
      ),
  }
}
