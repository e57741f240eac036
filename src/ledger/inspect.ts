import { resolve } from 'node:path'
import { Kysely, sql } from 'kysely'
import type { Clock } from '../clock.ts'
import { readSchema, type SchemaState } from './migrate.ts'
import { LedgerOpenError } from './open-error.ts'
import { openPostgres, type PostgresOptions } from './open-postgres.ts'
import { sqliteSchema } from './open-sqlite.ts'
import { createSqliteDialect } from './sqlite.ts'
import { lookAtSqliteFile } from './sqlite-file.ts'
import type { Tables } from './tables.ts'

export interface Lease {
  name: string
  holder: string
}

/** A ledger as it is, without the leave to touch it. */
export type LedgerView =
  | { kind: 'missing' }
  | { kind: 'in_use'; owner: string }
  | { kind: 'left' }
  | {
      kind: 'readable'
      server: string
      schema: SchemaState
      /** Whose it is; undefined: nobody's yet. */
      instance: string | undefined
      /** Those that are held. */
      leases: Lease[]
      /** Whether processes on it hear each other. */
      listening: 'works' | 'not_needed' | { problem: string }
    }

/**
 * Looks at a ledger and changes nothing: no file is made, no lock or lease taken, no migration run.
 * @throws LedgerOpenError, LedgerError when it could not be opened
 */
export async function inspectLedger({ url, ...options }: PostgresOptions, clock: Clock): Promise<LedgerView> {
  const sqlite = 'sqlite:'
  return url.startsWith(sqlite)
    ? inspectSqlite(resolve(url.slice(sqlite.length)))
    : inspectPostgres({ url, ...options }, clock)
}

async function inspectSqlite(path: string): Promise<LedgerView> {
  const file = lookAtSqliteFile(path)
  if (file.kind !== 'free') return file
  const db = new Kysely<Tables>({ dialect: createSqliteDialect(file.openToRead()) })
  try {
    const schema = await readSchema(sqliteSchema(db))
    const instance = await readInstance(db, schema)
    return { kind: 'readable', server: 'SQLite', schema, instance, leases: [], listening: 'not_needed' }
  } finally {
    await db.destroy()
  }
}

async function inspectPostgres(options: PostgresOptions, clock: Clock): Promise<LedgerView> {
  const { db, schema: found, now, replicas } = await openPostgres(options)

  /** Notifies itself. */
  async function tryListening() {
    try {
      const channel = await replicas?.connect({
        clock,
        hear: () => {},
        hearPauses: () => {},
        waited: () => [],
        onError: () => {},
      })
      await channel?.close()
      return 'works'
    } catch (error) {
      if (error instanceof LedgerOpenError) return { problem: error.message }
      throw error
    }
  }

  try {
    const { rows } = await sql<{ version: string }>`select current_setting('server_version') as version`.execute(db)
    const schema = await readSchema(found)
    const empty = schema.found === undefined
    return {
      kind: 'readable',
      server: `PostgreSQL ${rows[0]?.version}`,
      schema,
      instance: await readInstance(db, schema),
      leases: empty
        ? []
        : await db.selectFrom('leases').select(['name', 'holder']).where('expires_at', '>', now).execute(),
      listening: empty ? 'not_needed' : await tryListening(),
    }
  } finally {
    await db.destroy()
  }
}

async function readInstance(db: Kysely<Tables>, { found }: SchemaState): Promise<string | undefined> {
  if (found === undefined) return undefined
  const row = await db.selectFrom('settings').select('value').where('name', '=', 'instance').executeTakeFirst()
  return row?.value
}
