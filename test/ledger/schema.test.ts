import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { schemaContract } from './schema-contract.ts'

await schemaContract(t, async (t) => {
  const path = join(t.testdir(), 'runs.db')
  const execute = async (statement: string) => {
    const database = new DatabaseSync(path)
    database.exec(statement)
    database.close()
  }
  // "dbjg": a ledger, with nothing in it.
  await execute('PRAGMA application_id = 0x64626a67')
  return { options: { url: `sqlite:${path}`, instance: 'test' }, execute }
})
