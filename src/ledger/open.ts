import { resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Kysely, sql } from 'kysely'
import type { RunStore } from '../runs/store.ts'
import { createGroupCommit } from './commit.ts'
import { migrate } from './migrate.ts'
import { LedgerOpenError } from './open-error.ts'
import { createRunStore } from './runs.ts'
import { createSqliteDialect } from './sqlite.ts'
import { openSqliteFile, type SqliteFile } from './sqlite-file.ts'
import type { Tables } from './tables.ts'

export interface LedgerOptions {
  /** `sqlite:` and a path, relative to the working directory; `sqlite::memory:` keeps nothing. */
  url: string
  /** Whether a write waits for the disk itself (`full`) or only for the operating system (`normal`). Default `full`. */
  synchronous?: 'full' | 'normal'
  /** Name of this installation; a ledger belongs to one. */
  instance: string
}

const SQLITE_SCHEME = 'sqlite:'

/**
 * Opens the ledger, made or migrated as needed.
 *
 * @throws LedgerOpenError when it cannot or must not be used; it is then left as it was.
 */
export async function openLedger({ url, synchronous = 'full', instance }: LedgerOptions): Promise<RunStore> {
  if (!url.startsWith(SQLITE_SCHEME)) {
    throw new LedgerOpenError(`The ledger's url must be "sqlite:" and a path, such as sqlite:./data/runs.db.`)
  }
  const path = url.slice(SQLITE_SCHEME.length)
  const file = path === ':memory:' ? openMemory() : openSqliteFile(resolve(path), synchronous)
  const db = new Kysely<Tables>({ dialect: createSqliteDialect(file.database) })
  try {
    await migrate(db)
    await claimInstance(db, instance)
    await endLeases(db)
    file.claim()
  } catch (error) {
    await db.destroy()
    throw error
  }
  const write = createGroupCommit(db)
  return createRunStore({
    db,
    write,
    now: sql<number>`cast(round(unixepoch('subsec') * 1000) as integer)`,
    size: () => databaseSize(db),
    close: async () => {
      // Queued behind every write asked for so far: once it is done, they are.
      await write(async () => {})
      file.release()
      await db.destroy()
    },
  })
}

function openMemory(): SqliteFile {
  return { database: new DatabaseSync(':memory:'), claim: () => {}, release: () => {} }
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

/** This process has the file alone, so whoever held a lease is gone. */
async function endLeases(db: Kysely<Tables>): Promise<void> {
  await db.updateTable('leases').set({ expires_at: 0 }).execute()
}

async function databaseSize(db: Kysely<Tables>): Promise<number> {
  const { rows } = await sql<{ bytes: number }>`
    select page_count * page_size as bytes from pragma_page_count(), pragma_page_size()`.execute(db)
  return rows[0]?.bytes ?? 0
}
