import { once } from 'node:events'
import { Socket } from 'node:net'
import type { PostgresPool, PostgresPoolClient } from 'kysely'
import { DatabaseError, Pool, type PoolClient, type PoolConfig } from 'pg'
import { OVER, systemClock } from '../clock.ts'
import { LedgerError } from '../runs/store.ts'

const { now, sleep } = systemClock

/** How long the server has for our good-bye, ms. One that was lost without a word never answers it. */
const GOODBYE_MS = 1_000

/** SQLSTATE classes and codes after which a connection is of no more use: broken, shut down, or of a server that is read-only since a fail-over. */
const ENDS_CONNECTION = /^(08|57P|25006)/

/** Those of a server that is there, and cannot now: broken connections, no room, shutting down or starting, a stand-by. */
const MAY_PASS = /^(08|53|57|25006)/
/** `pg` has no codes for what it finds out by itself. */
const PG_LOST_IT = /timeout|terminated/i

/** PostgreSQL's text cannot hold U+0000; this is the sign that stands for it. */
const SYMBOL_FOR_NULL = '\u2400'

export interface PostgresPoolConfig extends PoolConfig {
  /** From the wish for a connection to the last answer on it, ms: nobody waits longer. Left out: for ever. */
  patienceMs?: number
}

/**
 * Connections for Kysely, at most `max`. Whatever the database refuses is a LedgerError; a connection that failed, or did
 * not answer in time, is closed instead of lent again.
 */
export function createPostgresPool({
  patienceMs = Number.POSITIVE_INFINITY,
  ...config
}: PostgresPoolConfig): PostgresPool {
  const sockets = new Set<Socket>()
  const pool = new Pool({ ...config, stream: () => openSocket(sockets) })
  // A connection that ends while nobody uses it is replaced when one is needed; without a listener it ends the process.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))

  /** When each was last known to work; and since when the server, or the way to it, is known to have been silent once. */
  const provedAt = new WeakMap<PoolClient, number>()
  let silentAt = Number.NEGATIVE_INFINITY

  /** Where one connection was lost without a word the others may be: those that have not proved otherwise are not lent. */
  async function borrow(): Promise<PoolClient> {
    for (;;) {
      const client = await pool.connect()
      const proved = provedAt.get(client)
      if (proved === undefined || proved >= silentAt) return client
      client.release(true)
    }
  }

  return {
    options: {},
    async connect() {
      const until = now() + patienceMs
      try {
        // When it cannot be had only as the server asks for it, the connection would stay open.
        if (pool.idleCount === 0 && typeof config.password === 'function') await config.password()
        const client = await borrow()
        return lendClient(client, until, {
          answered: () => provedAt.set(client, now()),
          silent(since) {
            silentAt = Math.max(silentAt, since)
          },
        })
      } catch (error) {
        throw toLedgerError(error)
      }
    },
    async end() {
      await pool.end()
      const waiting = new AbortController()
      const closed = [...sockets].map((socket) => once(socket, 'close'))
      Promise.allSettled(closed).then(() => waiting.abort(OVER))
      await sleep(GOODBYE_MS, waiting.signal)
      // Else they would keep the process alive.
      for (const socket of sockets) socket.destroy()
    },
  }
}

function openSocket(open: Set<Socket>): Socket {
  const socket = new Socket()
  open.add(socket)
  return socket.once('close', () => open.delete(socket))
}

interface Findings {
  answered(): void
  /** There was no answer to what was asked at this instant. */
  silent(since: number): void
}

function lendClient(client: PoolClient, until: number, findings: Findings): PostgresPoolClient {
  let failed: LedgerError | undefined

  async function query(text: string, values: readonly unknown[]) {
    // What is left of a transaction would only wait behind the statement that got no answer.
    if (failed) throw failed
    const askedAt = now()
    const timeout = until === Number.POSITIVE_INFINITY ? {} : { query_timeout: Math.max(1, until - askedAt) }
    try {
      const result = await client.query({ text, values: values.map(withoutNull), ...timeout })
      findings.answered()
      return result
    } catch (error) {
      const failure = toLedgerError(error)
      const isAnswer = error instanceof DatabaseError
      if (!isAnswer || ENDS_CONNECTION.test(error.code ?? '')) failed = failure
      if (!isAnswer) findings.silent(askedAt)
      throw failure
    }
  }

  return {
    // The other half of Kysely's type is for cursors, and nothing here streams.
    query: query as unknown as PostgresPoolClient['query'],
    release: (discard) => client.release(discard || failed !== undefined),
  }
}

function withoutNull(value: unknown): unknown {
  return typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', SYMBOL_FOR_NULL) : value
}

/** SQLSTATE of what PostgreSQL refused. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof LedgerError && error.cause instanceof DatabaseError ? error.cause.code : undefined
}

/** Whether the same may go well later, with nothing changed in the configuration. */
export function mayPass({ cause }: LedgerError): boolean {
  if (cause instanceof DatabaseError) return MAY_PASS.test(cause.code ?? '')
  const [first = cause] = cause instanceof AggregateError ? cause.errors : []
  return first instanceof Error && ('syscall' in first || PG_LOST_IT.test(first.message))
}

export function toLedgerError(cause: unknown): LedgerError {
  // A name with several addresses fails with all their errors in one, which has no text of its own.
  const [first = cause] = cause instanceof AggregateError ? cause.errors : []
  return new LedgerError(first instanceof Error ? first.message : String(first), { cause })
}
