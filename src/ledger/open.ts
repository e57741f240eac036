import { LedgerError, type RunStore } from '../runs/store.ts'
import { claimInstance } from './instance.ts'
import { keepRuns } from './kept-runs.ts'
import { type MigrationsMode, migrate, prepareSchema } from './migrate.ts'
import { LedgerOpenError } from './open-error.ts'
import { openPostgres, type PostgresOptions } from './open-postgres.ts'
import { openSqlite } from './open-sqlite.ts'
import type { OpenedDatabase } from './opened.ts'
import { mayPass } from './postgres-pool.ts'
import { createRunStore } from './runs.ts'

export interface DatabaseOptions extends PostgresOptions {
  /**
   * `sqlite:` and a path, relative to the working directory (`sqlite::memory:` keeps nothing), for one process; or
   * `postgres://user@host:port/database`, for any number of them.
   */
  url: string
  /** SQLite: whether a write waits for the disk itself (`full`) or only for the operating system (`normal`). Default `full`. */
  synchronous?: 'full' | 'normal'
}

export interface LedgerOptions extends DatabaseOptions {
  /** Whether an older schema is brought up, or refused. Default `at_start`. */
  migrations?: MigrationsMode
  /** Name of this installation; a ledger belongs to one. */
  instance: string
  /** Told of every operation that reaches the database. */
  observe?: (store: RunStore) => RunStore
}

const SQLITE = 'sqlite:'
const POSTGRES = /^postgres(ql)?:\/\//

/**
 * Opens the ledger, made or migrated as needed.
 *
 * @throws LedgerOpenError when it cannot or must not be used; it is then left as it was. LedgerError when its
 * server cannot be reached, or fails, at the moment.
 */
export async function openLedger({
  migrations = 'at_start',
  instance,
  observe = (store) => store,
  ...options
}: LedgerOptions): Promise<RunStore> {
  const database = await openDatabase(options)
  try {
    await prepareSchema(database.schema, migrations)
    await claimInstance(database.db, instance)
    await database.takeOver()
  } catch (error) {
    await database.db.destroy()
    throw error instanceof LedgerError && !mayPass(error) ? new LedgerOpenError(error.message) : error
  }
  const store = observe(createRunStore(database))
  // Without replicas every write passes here.
  return database.replicas ? store : keepRuns(store)
}

/** Brings the ledger's schema up to this version, as `migrate` does. */
export async function migrateLedger(options: DatabaseOptions): ReturnType<typeof migrate> {
  const database = await openDatabase(options)
  try {
    return await migrate(database.schema)
  } finally {
    await database.db.destroy()
  }
}

/** @throws LedgerOpenError, or LedgerError when its server cannot be reached at the moment */
export async function openDatabase({
  url,
  synchronous = 'full',
  ...postgres
}: DatabaseOptions): Promise<OpenedDatabase> {
  if (url.startsWith(SQLITE)) return openSqlite({ path: url.slice(SQLITE.length), synchronous })
  if (POSTGRES.test(url)) return openPostgres({ url, ...postgres })
  throw new LedgerOpenError(
    `The ledger's url must be "sqlite:" and a path, such as sqlite:./data/runs.db, or postgres://user@host/database.`,
  )
}
