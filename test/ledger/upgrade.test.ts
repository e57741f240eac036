import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { upgradeContract } from './upgrade-contract.ts'

const folder = t.testdir()
let made = 0

await upgradeContract(t, folder, async () => {
  const path = join(folder, `${made++}.db`)
  const url = `sqlite:${path}`
  function act<T>(work: (database: DatabaseSync) => T): T {
    const database = new DatabaseSync(path)
    try {
      return work(database)
    } finally {
      database.close()
    }
  }
  return {
    engine: 'sqlite',
    ledger: { url },
    env: {},
    options: { url, instance: 'test' },
    query: async (statement) => act((database) => database.prepare(statement).all()),
    execute: async (statements) => act((database) => database.exec(statements)),
    describe: async () =>
      act((database) => database.prepare('select type, name, tbl_name, sql from sqlite_schema order by name').all()),
  }
})
