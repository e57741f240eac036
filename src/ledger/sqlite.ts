import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite'
import { type Dialect, SqliteDialect, type SqliteStatement } from 'kysely'
import { LedgerError } from '../runs/store.ts'

/** More than the store has shapes of queries, so that in practice each SQL text is prepared once. */
const MAX_PREPARED = 256

/** Kysely's SQLite dialect over `node:sqlite`. Whatever the database refuses is a LedgerError. */
export function createSqliteDialect(database: DatabaseSync): Dialect {
  const prepared = new Map<string, SqliteStatement>()
  const prepare = (text: string) => {
    const statement = prepared.get(text) ?? prepareStatement(database, text)
    prepared.delete(text)
    prepared.set(text, statement)
    if (prepared.size > MAX_PREPARED) prepared.delete(prepared.keys().next().value ?? '')
    return statement
  }
  const dialect = new SqliteDialect({ database: { prepare, close: () => database.close() } })
  return {
    createDriver: () => dialect.createDriver(),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    // SQLite rolls back DDL like any other statement, so migrations may run in one transaction.
    createAdapter: () => Object.defineProperty(dialect.createAdapter(), 'supportsTransactionalDdl', { value: true }),
  }
}

function prepareStatement(database: DatabaseSync, text: string): SqliteStatement {
  const statement = attempt(() => database.prepare(text))
  const names = statement.columns().map(({ name }) => name)
  // To make an object out of an array takes less time than node:sqlite needs for its own.
  statement.setReturnArrays(true)
  const toRow = (values: unknown) => nameValues(names, values as SQLOutputValue[])
  return {
    reader: names.length > 0,
    all: (parameters) => attempt(() => statement.all(...(parameters as SQLInputValue[]))).map(toRow),
    run: (parameters) => attempt(() => statement.run(...(parameters as SQLInputValue[]))),
    iterate: (parameters) => attempt(() => statement.iterate(...(parameters as SQLInputValue[]))).map(toRow),
  }
}

function nameValues(names: string[], values: SQLOutputValue[]): Record<string, unknown> {
  const row: Record<string, unknown> = {}
  // Every row of every query passes here, and an iterator would take half the time.
  for (let column = 0; column < names.length; column++) row[names[column] ?? ''] = values[column]
  return row
}

function attempt<T>(ask: () => T): T {
  try {
    return ask()
  } catch (error) {
    throw new LedgerError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}
