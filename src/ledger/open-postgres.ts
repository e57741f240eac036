import type { ConnectionOptions } from 'node:tls'
import { Kysely, sql } from 'kysely'
import type { PoolConfig } from 'pg'
import { LedgerError } from '../runs/store.ts'
import { insertTogether } from './insert-attempt.ts'
import { lockJobInPostgres } from './lock-job.ts'
import type { Schema } from './migrate.ts'
import { LedgerOpenError } from './open-error.ts'
import type { OpenedDatabase } from './opened.ts'
import { createPostgresDialect, PATIENCE_MS } from './postgres.ts'
import { mayPass, sqlState } from './postgres-pool.ts'
import { createWrites, tryMigration } from './postgres-write.ts'
import { prependInPostgres } from './prepend.ts'
import { createReplicas } from './replicas.ts'
import { writeSightingsTogether } from './sightings.ts'
import type { Tables } from './tables.ts'

export interface PostgresOptions {
  /** `postgres://user@host:port/database`. */
  url: string
  /** Asked for at each new connection. */
  password?: () => string
  /** How the server is known; left out: no TLS. */
  tls?: ConnectionOptions
  /** Most connections at a time. Default 10. */
  poolSize?: number
  /** How long an operation may take before it has failed, ms. Default 5,000. */
  patienceMs?: number
  /** The same database without a connection pooler between, and how that server is known. Left out: as above. */
  direct?: Pick<PostgresOptions, 'url' | 'tls'>
}

const POOL_SIZE = 10

/** Refused by every server that asks, and sent to no other. Without one `pg` would leave the connection open. */
const NO_PASSWORD = ' '

/** @throws LedgerOpenError, or LedgerError when the server cannot be reached, or takes nobody, at the moment */
export async function openPostgres(options: PostgresOptions): Promise<OpenedDatabase> {
  const server = describeServer(options)
  const { patienceMs = PATIENCE_MS } = options
  const db = new Kysely<Tables>({ dialect: createPostgresDialect(server, { patienceMs }) })
  try {
    await refuseOtherEncoding(db)
  } catch (error) {
    await db.destroy()
    if (!(error instanceof LedgerError)) throw error
    const { user, host, port, database } = server
    const hint = options.password || sqlState(error) !== '28P01' ? '' : ', and ledger.password is not set'
    const message = `The ledger ${user}@${host}:${port}/${database} cannot be opened: ${error.message}${hint}.`
    throw mayPass(error) ? new LedgerError(message, { cause: error }) : new LedgerOpenError(message)
  }
  const { write, writeOne, settled } = createWrites(db)
  const now = sql<number>`cast(extract(epoch from clock_timestamp()) * 1000 as bigint)`
  return {
    db,
    schema: postgresSchema(db, server),
    write,
    writeOne,
    locksRows: true,
    lockJob: lockJobInPostgres,
    residual: (column) => sql.ref(column),
    writeSightings: writeSightingsTogether,
    insertAttempt: insertTogether(db),
    prepend: prependInPostgres,
    now,
    replicas: createReplicas({ db, writeOne, now, server: describeDirect(options) }),
    size: () => databaseSize(db),
    // Others may have it too.
    takeOver: async () => {},
    async close() {
      await settled()
      await db.destroy()
    },
  }
}

/** All that `pg` would else take from the environment. */
function describeServer({ url, password, tls, poolSize = POOL_SIZE }: PostgresOptions): PoolConfig {
  const parsed = URL.parse(url)
  const [user = '', database = ''] = [parsed?.username, parsed?.pathname.slice(1)].map((part) =>
    decodeURIComponent(part ?? ''),
  )
  if (!parsed || parsed.hostname === '' || user === '' || database === '') {
    throw new LedgerOpenError(
      `The ledger's url must name the user, the host and the database, such as postgres://gateway@db.example.com/gateway.`,
    )
  }
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: Number(parsed.port || 5432),
    user,
    database,
    password: password ?? (() => NO_PASSWORD),
    ssl: tls ?? false,
    max: poolSize,
    application_name: 'job-gateway',
  }
}

function describeDirect({ direct, password, ...server }: PostgresOptions): PoolConfig {
  return describeServer({ ...(direct ?? server), ...(password && { password }) })
}

function postgresSchema(db: Kysely<Tables>, server: PoolConfig): Schema {
  return {
    db,
    async exists(on) {
      const { rows } = await sql<{ found: boolean }>`
        select to_regclass('kysely_migration') is not null as found`.execute(on)
      return rows[0]?.found === true
    },
    // Byte by byte, as SQLite compares: ids sort by time, and a prefix is a range.
    adapt: (statement) => statement.replaceAll(/\btext\b/g, 'text collate "C"'),
    async patiently(work) {
      const patient = new Kysely<Tables>({
        dialect: createPostgresDialect({ ...server, max: 1 }, { patienceMs: Number.POSITIVE_INFINITY }),
      })
      try {
        return await tryMigration(() => work(patient))
      } finally {
        await patient.destroy()
      }
    },
  }
}

async function refuseOtherEncoding(db: Kysely<Tables>): Promise<void> {
  const { rows } = await sql<{ encoding: string }>`select current_setting('server_encoding') as encoding`.execute(db)
  const encoding = rows[0]?.encoding
  if (encoding !== 'UTF8') throw new LedgerError(`the database is encoded in ${encoding}, not in UTF8`)
}

async function databaseSize(db: Kysely<Tables>): Promise<number> {
  const { rows } = await sql<{ bytes: number }>`select pg_database_size(current_database()) as bytes`.execute(db)
  return rows[0]?.bytes ?? 0
}
