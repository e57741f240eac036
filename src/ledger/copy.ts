import { resolve } from 'node:path'
import { type Kysely, sql, type Transaction } from 'kysely'
import { claimInstance } from './instance.ts'
import { prepareSchema, readSchema } from './migrate.ts'
import { type LedgerOptions, openDatabase } from './open.ts'
import { LedgerOpenError } from './open-error.ts'
import { openSqlite } from './open-sqlite.ts'
import type { OpenedDatabase } from './opened.ts'
import { lookAtSqliteFile } from './sqlite-file.ts'
import type { Tables } from './tables.ts'

type Table = keyof Tables
type Row = Record<string, unknown>

/** In the order of their foreign keys. */
const TABLES: Table[] = [
  ...(['runs', 'attempts', 'outputs', 'tombstones'] as const),
  ...(['endings', 'job_summaries', 'expectations', 'leases', 'settings', 'pauses', 'audit_events'] as const),
]

/** They have rows once a run was accepted, even if none is left. */
const OF_RUNS = ['runs', 'tombstones', 'endings'] as const

/** So that the widest table stays below what a statement may have of values. */
const BATCH = 200

/** How many rows of a table were copied. */
export interface CopiedTable {
  table: string
  rows: number
}

/**
 * Copies the SQLite ledger at `path` into the ledger `to`, which has no runs: all of it in one transaction, or nothing.
 * Nobody else can have the file meanwhile, and its rows stay as they are, but for leases, which end.
 * @throws LedgerOpenError when one of the two is not fit for it, LedgerError when a database fails
 */
export async function copyLedger(
  path: string,
  { migrations = 'at_start', instance, ...to }: LedgerOptions,
): Promise<CopiedTable[]> {
  const target = await openDatabase(to)
  try {
    const source = openSource(path)
    try {
      const schema = await readSourceSchema(path, source)
      await prepareSchema(target.schema, migrations)
      await refuseOtherSchema(target, schema)
      for (const { db } of [source, target]) await claimInstance(db, instance)
      await source.takeOver()
      return await target.schema.patiently((db) =>
        db.transaction().execute(async (trx) => {
          await makeRoom(trx, target)
          return copyTables(source.db, trx)
        }),
      )
    } finally {
      await source.close()
    }
  } finally {
    await target.close()
  }
}

/** Opened to be written, so that what the journal holds comes in, but never made. */
function openSource(path: string): OpenedDatabase {
  const { kind } = lookAtSqliteFile(resolve(path))
  if (kind === 'missing') throw new LedgerOpenError(`There is no ledger ${resolve(path)} to be copied.`)
  return openSqlite({ path, synchronous: 'full' })
}

/** It is not brought up, so that the version that made it can go on with it if need be. */
async function readSourceSchema(path: string, { schema }: OpenedDatabase): Promise<string> {
  const { found, needed } = await readSchema(schema)
  if (found !== undefined && found === needed) return found
  throw new LedgerOpenError(
    `The ledger ${resolve(path)} has schema ${found ?? 'none'}, this version copies ${needed}: use this version with it first, then copy it.`,
  )
}

async function refuseOtherSchema({ schema }: OpenedDatabase, wanted: string): Promise<void> {
  const { found } = await readSchema(schema)
  if (found === wanted) return
  throw new LedgerOpenError(
    `The configured ledger has schema ${found}, the one to be copied ${wanted}: use the newer version with both first.`,
  )
}

/** What is there may be of a gateway that was only started. */
async function makeRoom(trx: Transaction<Tables>, { now }: OpenedDatabase): Promise<void> {
  for (const table of OF_RUNS) {
    if ((await count(trx, table)) === 0) continue
    throw new LedgerOpenError('The configured ledger has runs of its own; only into one without can another be copied.')
  }
  const held = await trx.selectFrom('leases').select('holder').where('expires_at', '>', now).executeTakeFirst()
  if (held) throw new LedgerOpenError(`The configured ledger is in use by ${held.holder}: stop it, and copy then.`)
  for (const table of TABLES.toReversed()) await trx.deleteFrom(table).execute()
}

async function copyTables(source: Kysely<Tables>, trx: Transaction<Tables>): Promise<CopiedTable[]> {
  const copied: CopiedTable[] = []
  for (const table of TABLES) {
    await copyTable(source, trx, table)
    const [rows, arrived] = [await count(source, table), await count(trx, table)]
    if (rows !== arrived) {
      throw new LedgerOpenError(`Of ${rows} rows of ${table} ${arrived} arrived; nothing was copied.`)
    }
    copied.push({ table, rows })
  }
  return copied
}

async function copyTable(source: Kysely<Tables>, trx: Transaction<Tables>, table: Table): Promise<void> {
  // Both have the same schema, so a row of the one is a row of the other.
  const rows = trx as unknown as Kysely<Record<Table, Row>>
  let batch: Row[] = []
  for await (const row of source.selectFrom(table).selectAll().stream()) {
    if (batch.push({ ...row }) < BATCH) continue
    await rows.insertInto(table).values(batch).execute()
    batch = []
  }
  if (batch.length > 0) await rows.insertInto(table).values(batch).execute()
}

async function count(db: Kysely<Tables>, table: Table): Promise<number> {
  const { rows } = await sql<{ rows: number }>`select count(*) as rows from ${sql.table(table)}`.execute(db)
  return rows[0]?.rows ?? 0
}
