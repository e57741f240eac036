import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { migrateLedger, openLedger } from '../../src/ledger/open.ts'
import { schemaContract } from './schema-contract.ts'

schemaContract(t, async (t) => {
  const path = join(t.testdir(), 'runs.db')
  const url = `sqlite:${path}`
  const execute = async (statement: string) => {
    const database = new DatabaseSync(path)
    database.exec(statement)
    database.close()
  }
  // "dbjg": a ledger, with nothing in it.
  await execute('PRAGMA application_id = 0x64626a67')
  return {
    open: (options) => openLedger({ url, instance: 'test', ...options }),
    migrate: () => migrateLedger({ url }),
    execute,
  }
})
