import type { Kysely } from 'kysely'
import type { RunStore } from '../runs/store.ts'
import { keepRuns } from './kept-runs.ts'
import { type MigrationsMode, migrate, prepareSchema } from './migrate.ts'
import { LedgerOpenError } from './open-error.ts'
import { openPostgres, type PostgresOptions } from './open-postgres.ts'
import { openSqlite } from './open-sqlite.ts'
import type { OpenedDatabase } from './opened.ts'
import { createRunStore } from './runs.ts'
import type { Tables } from './tables.ts'

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
 * @throws LedgerOpenError when it cannot or must not be used; it is then left as it was. LedgerError when it fails.
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
    throw error
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

async function openDatabase({ url, synchronous = 'full', ...postgres }: DatabaseOptions): Promise<OpenedDatabase> {
  if (url.startsWith(SQLITE)) return openSqlite({ path: url.slice(SQLITE.length), synchronous })
  if (POSTGRES.test(url)) return openPostgres({ url, ...postgres })
  throw new LedgerOpenError(
    `The ledger's url must be "sqlite:" and a path, such as sqlite:./data/runs.db, or postgres://user@host/database.`,
  )
}

async function claimInstance(db: Kysely<Tables>, instance: string): Promise<void> {
  await db
    .insertInto('settings')
    .values({ name: 'instance', value: instance })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute()
  const { value } = await db
    .selectFrom('settings')
    .select('value')
    .where('name', '=', 'instance')
    .executeTakeFirstOrThrow()
  if (value === instance) return
  throw new LedgerOpenError(
    `The ledger belongs to instance "${value}", the configuration says "${instance}": the instance is part of every Databricks token, so a changed one could start runs twice. Restore server.instance, or use another ledger.`,
  )
}
