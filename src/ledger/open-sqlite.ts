import { resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Kysely, sql } from 'kysely'
import { createGroupCommit } from './commit.ts'
import { insertOneByOne } from './insert-attempt.ts'
import { unindexed } from './list.ts'
import type { Schema } from './migrate.ts'
import type { OpenedDatabase } from './opened.ts'
import { prependInSqlite } from './prepend.ts'
import { writeEachSighting } from './sightings.ts'
import { createSqliteDialect } from './sqlite.ts'
import { openSqliteFile, type SqliteFile } from './sqlite-file.ts'
import type { Tables } from './tables.ts'

export interface SqliteOptions {
  /** Path of the file, relative to the working directory; `:memory:` keeps nothing. */
  path: string
  synchronous: 'full' | 'normal'
}

/** @throws LedgerOpenError */
export function openSqlite({ path, synchronous }: SqliteOptions): OpenedDatabase {
  const file = path === ':memory:' ? openMemory() : openSqliteFile(resolve(path), synchronous)
  const db = new Kysely<Tables>({ dialect: createSqliteDialect(file.database) })
  const write = createGroupCommit(db)
  return {
    db,
    schema: sqliteSchema(db),
    write,
    writeOne: write,
    locksRows: false,
    // One transaction follows the other as it is.
    lockJob: async () => {},
    residual: unindexed,
    writeSightings: writeEachSighting,
    insertAttempt: insertOneByOne(db),
    prepend: prependInSqlite,
    now: sql<number>`cast(round(unixepoch('subsec') * 1000) as integer)`,
    size: () => databaseSize(db),
    async takeOver() {
      await endLeases(db)
      file.claim()
    },
    async close() {
      // Queued behind every write asked for so far: once it is done, they are.
      await write(async () => {})
      file.release()
      await db.destroy()
    },
  }
}

/** Migrations are written in SQLite's words, and one process has the file. */
export function sqliteSchema(db: Kysely<Tables>): Schema {
  return {
    db,
    async exists(on) {
      const found = sql`select 1 from sqlite_schema where type = 'table' and name = 'kysely_migration'`
      return (await found.execute(on)).rows.length > 0
    },
    adapt: (statement) => statement,
    patiently: (work) => work(db),
  }
}

function openMemory(): SqliteFile {
  return { database: new DatabaseSync(':memory:'), claim: () => {}, release: () => {} }
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
