import { Socket } from 'node:net'
import { Client, type ClientConfig } from 'pg'
import { PATIENCE_MS } from './postgres.ts'
import { toLedgerError } from './postgres-pool.ts'

/** A session of its own that listens on a channel of PostgreSQL. */
export interface ListeningSession {
  /** Aborted when it is known to be broken. */
  readonly broken: AbortSignal
  /** Asks the server: a connection that was cut silently is found no other way. */
  isAlive(): Promise<boolean>
  close(): void
}

/** Never on the pool: notifications come as long as the session belongs to nobody else. Rejects with LedgerError. */
export async function listen(
  server: ClientConfig,
  channel: string,
  onNotification: (payload: string) => void,
): Promise<ListeningSession> {
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
  client.on('notification', ({ payload = '' }) => onNotification(payload))

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
