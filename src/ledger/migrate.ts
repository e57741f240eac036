import { type Kysely, sql, type Transaction } from 'kysely'
import { DEFAULT_MIGRATION_LOCK_TABLE, DEFAULT_MIGRATION_TABLE, MIGRATION_LOCK_ID, Migrator } from 'kysely/migration'
import { MIGRATIONS } from './migrations/known.ts'
import { LedgerOpenError } from './open-error.ts'
import type { Tables } from './tables.ts'

/** A schema that can be brought up, and what that needs of its database. */
export interface Schema {
  db: Kysely<Tables>
  /** Whether there is a table of migrations. */
  exists(db: Kysely<Tables>): Promise<boolean>
  /** A statement of a migration in the words of this database. */
  adapt(statement: string): string
  /** Lends a database that waits for its statements as long as they take. */
  patiently<T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T>
}

/** Who brings the schema up: every start, or whoever runs `job-gateway ledger migrate`. */
export type MigrationsMode = 'at_start' | 'manual'

const KNOWN = Object.keys(MIGRATIONS)

/** How many migrations of later releases a program can live with. */
const MAX_AHEAD = 1

/**
 * Makes sure that this program can work on the schema, by bringing it up where that is wanted.
 * @throws LedgerOpenError when it is too new, or older and not to be touched
 */
export async function prepareSchema(schema: Schema, mode: MigrationsMode): Promise<void> {
  const executed = await readExecuted(schema)
  if (!isBehind(executed)) return
  if (mode === 'at_start') {
    await migrate(schema)
    return
  }
  const found = executed.at(-1)
  throw new LedgerOpenError(
    `The ledger ${found ? `has schema ${found}` : 'is empty'}, this version needs ${KNOWN.at(-1)}, and ledger.migrations is manual: run "job-gateway ledger migrate" first.`,
  )
}

/** How a schema compares with what this program needs. */
export interface SchemaState {
  /** The last migration; undefined: an empty database. */
  found: string | undefined
  needed: string | undefined
  fit: 'fits' | 'behind' | 'too_new'
}

/** Only reads. */
export async function readSchema(schema: Schema): Promise<SchemaState> {
  const names = await readNames(schema)
  const fit = isTooNew(names) ? 'too_new' : isBehind(names) ? 'behind' : 'fits'
  return { found: names.at(-1), needed: KNOWN.at(-1), fit }
}

/**
 * Brings the schema up to this version, all or nothing, once however many do it at a time; resolves with the names of the
 * last migration before and after (undefined: an empty database).
 * @throws LedgerOpenError when it is too new
 */
export async function migrate(schema: Schema): Promise<{ from: string | undefined; to: string | undefined }> {
  return schema.patiently((db) =>
    db.transaction().execute(async (trx) => {
      await lock(trx)
      // Another replica may have been here between the first look and the lock.
      const executed = await readExecuted(schema, trx)
      if (isBehind(executed)) await bringUp(trx, schema)
      return { from: executed.at(-1), to: [...executed, ...KNOWN].sort().at(-1) }
    }),
  )
}

/** Before the migrator looks for its own tables, which it would make twice. */
async function lock(trx: Transaction<Tables>): Promise<void> {
  const options = { lockTable: DEFAULT_MIGRATION_LOCK_TABLE, lockRowId: MIGRATION_LOCK_ID }
  await trx.getExecutor().adapter.acquireMigrationLock(trx, options)
}

async function bringUp(trx: Transaction<Tables>, { adapt }: Schema): Promise<void> {
  const migrations = Object.fromEntries(
    Object.entries(MIGRATIONS).map(([name, statements]) => [
      name,
      {
        async up(db: Kysely<unknown>) {
          for (const statement of statements) await sql.raw(adapt(statement)).execute(db)
        },
      },
    ]),
  )
  const migrator = new Migrator({ db: trx, provider: { getMigrations: async () => migrations } })
  const { error } = await migrator.migrateToLatest()
  if (error) throw error
}

/** @throws LedgerOpenError when it is too new */
async function readExecuted(schema: Schema, db = schema.db): Promise<string[]> {
  const executed = await readNames(schema, db)
  if (isTooNew(executed)) throw tooNew(executed)
  return executed
}

/** The migrations that made this schema, in order. */
async function readNames(schema: Schema, db = schema.db): Promise<string[]> {
  if (!(await schema.exists(db))) return []
  const rows = await db
    .withTables<{ [DEFAULT_MIGRATION_TABLE]: { name: string } }>()
    .selectFrom(DEFAULT_MIGRATION_TABLE)
    .select('name')
    .execute()
  return rows.map(({ name }) => name).sort()
}

function isTooNew(executed: string[]): boolean {
  const ahead = executed.filter((name) => !KNOWN.includes(name))
  return ahead.length > MAX_AHEAD || (ahead.length > 0 && isBehind(executed))
}

function isBehind(executed: string[]): boolean {
  return KNOWN.some((name) => !executed.includes(name))
}

function tooNew(executed: string[]): LedgerOpenError {
  return new LedgerOpenError(
    `The ledger was written by a newer version of this program: its schema is ${executed.at(-1)}, this version knows ${KNOWN.at(-1)} and works on at most one after that. Run the newer version.`,
  )
}
