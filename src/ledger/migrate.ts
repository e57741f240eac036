import { type Kysely, sql } from 'kysely'
import { DEFAULT_MIGRATION_TABLE, type Migration, Migrator } from 'kysely/migration'
import { runs } from './migrations/0001-runs.ts'
import { history } from './migrations/0002-history.ts'
import { LedgerOpenError } from './open-error.ts'
import type { Tables } from './tables.ts'

const migrations: Record<string, Migration> = { '0001-runs': runs, '0002-history': inOrder(history) }

/** Brings the schema up to this version, all or nothing; does nothing when it is there. */
export async function migrate(db: Kysely<Tables>): Promise<void> {
  await refuseNewerSchema(db)
  await db.transaction().execute(async (trx) => {
    const migrator = new Migrator({ db: trx, provider: { getMigrations: async () => migrations } })
    const { error } = await migrator.migrateToLatest()
    if (error) throw error
  })
}

async function refuseNewerSchema(db: Kysely<Tables>): Promise<void> {
  const known = Object.keys(migrations)
  const foreign = (await executedMigrations(db)).filter((name) => !known.includes(name))
  if (foreign.length === 0) return
  throw new LedgerOpenError(
    `The ledger was written by a newer version of this program: its schema is ${foreign.at(-1)}, this version knows ${known.at(-1)}. Run the newer version.`,
  )
}

async function executedMigrations(db: Kysely<Tables>): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true })
  if (!tables.some((table) => table.name === DEFAULT_MIGRATION_TABLE)) return []
  const rows = await db
    .withTables<{ [DEFAULT_MIGRATION_TABLE]: { name: string } }>()
    .selectFrom(DEFAULT_MIGRATION_TABLE)
    .select('name')
    .orderBy('name')
    .execute()
  return rows.map((row) => row.name)
}

function inOrder(statements: string[]): Migration {
  return {
    async up(db) {
      for (const statement of statements) await sql.raw(statement).execute(db)
    },
  }
}
