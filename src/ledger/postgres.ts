import { CompiledQuery, type DatabaseConnection, type Dialect, type Kysely, PostgresDialect, sql } from 'kysely'
import { type PoolConfig, TypeOverrides, types } from 'pg'
import { createPostgresPool } from './postgres-pool.ts'

/** Of an operation: the wait for a connection, its statements, its commit. They take milliseconds. */
export const PATIENCE_MS = 5_000

/** The server ends a statement a little before we would give up its connection. */
const STATEMENT_SHARE = 0.8

/** A process that was stopped in a transaction, or is cut off, must not keep its rows locked for as long as others wait. */
const IDLE_MS = 3_000

/** Any number, as long as all replicas ask for the same one. */
const MIGRATION_LOCK = 0x64626a67

const { INT8, NUMERIC } = types.builtins

/** Within a transaction, and not for the session: that may be shared with others by a pooler in between. */
const begin = (statementMs: number) =>
  `begin isolation level read committed; set local statement_timeout = ${statementMs}; set local idle_in_transaction_session_timeout = ${IDLE_MS}`

export interface Patience {
  /** How long an operation may take, ms. Infinity: as long as it needs, once it has its connection. */
  patienceMs?: number
}

/** Kysely's PostgreSQL dialect over `pg`. */
export function createPostgresDialect(server: PoolConfig, { patienceMs = PATIENCE_MS }: Patience = {}): Dialect {
  const hasLimit = Number.isFinite(patienceMs)
  const dialect = new PostgresDialect({
    pool: createPostgresPool({
      ...server,
      connectionTimeoutMillis: hasLimit ? patienceMs : PATIENCE_MS,
      patienceMs,
      keepAlive: true,
      types: numbers(),
    }),
  })
  const beginning = CompiledQuery.raw(begin(hasLimit ? Math.ceil(patienceMs * STATEMENT_SHARE) : 0))
  return {
    createDriver: () =>
      Object.assign(dialect.createDriver(), {
        beginTransaction: async (connection: DatabaseConnection) => {
          await connection.executeQuery(beginning)
        },
      }),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    // Kysely's own lock is the session's: it would outlive a migration that failed.
    createAdapter: () =>
      Object.assign(dialect.createAdapter(), {
        acquireMigrationLock: async (db: Kysely<unknown>) => {
          await sql`select pg_advisory_xact_lock(${sql.lit(MIGRATION_LOCK)})`.execute(db)
        },
        releaseMigrationLock: async () => {},
      }),
  }
}

/** Our whole numbers are all below 2^53, sums and counts too. */
function numbers(): TypeOverrides {
  const overrides = new TypeOverrides()
  for (const type of [INT8, NUMERIC]) overrides.setTypeParser(type, Number)
  return overrides
}
