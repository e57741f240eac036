import type { PostgresPool, PostgresPoolClient } from 'kysely'
import { DatabaseError, Pool, type PoolClient, type PoolConfig } from 'pg'
import { LedgerError } from '../runs/store.ts'

/** SQLSTATE classes and codes after which a connection is of no more use: broken, shut down, or of a server that is read-only since a fail-over. */
const ENDS_CONNECTION = /^(08|57P|25006)/

/** PostgreSQL's text cannot hold U+0000; this is the sign that stands for it. */
const SYMBOL_FOR_NULL = '\u2400'

/**
 * Connections for Kysely, at most `max`. Whatever the database refuses is a LedgerError; a connection that failed, or did
 * not answer in time, is closed instead of lent again.
 */
export function createPostgresPool(config: PoolConfig): PostgresPool {
  const pool = new Pool(config)
  // A connection that ends while nobody uses it is replaced when one is needed; without a listener it ends the process.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))

  return {
    options: {},
    async connect() {
      try {
        // When it cannot be had only as the server asks for it, the connection would stay open.
        if (pool.idleCount === 0 && typeof config.password === 'function') await config.password()
        return lendClient(await pool.connect())
      } catch (error) {
        throw toLedgerError(error)
      }
    },
    end: () => pool.end(),
  }
}

function lendClient(client: PoolClient): PostgresPoolClient {
  let failed: LedgerError | undefined

  async function query(text: string, values: readonly unknown[]) {
    // What is left of a transaction would only wait behind the statement that got no answer.
    if (failed) throw failed
    try {
      return await client.query(text, values.map(withoutNull))
    } catch (error) {
      const failure = toLedgerError(error)
      if (!(error instanceof DatabaseError) || ENDS_CONNECTION.test(error.code ?? '')) failed = failure
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

export function toLedgerError(cause: unknown): LedgerError {
  // A name with several addresses fails with all their errors in one, which has no text of its own.
  const [first = cause] = cause instanceof AggregateError ? cause.errors : []
  return new LedgerError(first instanceof Error ? first.message : String(first), { cause })
}
