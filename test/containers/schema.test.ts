import t from 'tap'
import { openLedger } from '../../src/ledger/open.ts'
import { sampleRun } from '../ledger/sample.ts'
import { schemaContract } from '../ledger/schema-contract.ts'
import { createDatabase } from './support/postgres.ts'

await schemaContract(t, async (t) => {
  const database = await createDatabase(t, { empty: true })
  return {
    options: database.options(),
    async execute(statement) {
      await database.query(statement)
    },
  }
})

t.test('ten replicas started at once migrate once', async (t) => {
  const database = await createDatabase(t, { empty: true })
  const stores = await Promise.all(Array.from({ length: 10 }, () => openLedger(database.options({ poolSize: 2 }))))
  const names = (await database.query('select name from kysely_migration order by name')).map(({ name }) => name)
  t.same(names, [...new Set(names)])
  const runs = stores.map(() => sampleRun())
  await Promise.all(stores.map((store, i) => store.insert(runs[i] ?? sampleRun())))
  t.equal((await stores[0]?.list({ jobs: null, limit: 100 }))?.length, 10)
  await Promise.all(stores.map((store) => store.close()))
})

t.test('the next version migrates while this one works', async (t) => {
  const database = await createDatabase(t)
  const store = await openLedger(database.options())
  t.teardown(() => store.close())
  const migrated = new AbortController()
  const work = async () => {
    let count = 0
    while (!migrated.signal.aborted || count < 50) {
      const run = sampleRun({ key: crypto.randomUUID() })
      await store.insert(run)
      await store.update(run, { state: 'RUNNING', databricks_run_id: `${count}` })
      await store.list({ jobs: null, state: 'RUNNING', limit: 5 })
      count += 1
    }
    return count
  }
  const working = Promise.all([work(), work(), work(), work()])
  while ((await store.list({ jobs: null, limit: 100 })).length < 50);
  await database.query(`begin;
    alter table attempts add column later text not null default 'x';
    create index attempts_by_later on attempts (later);
    create table later (id text not null primary key);
    insert into kysely_migration values ('9998-later', '2030-01-01T00:00:00.000Z');
    commit`)
  migrated.abort()
  const counts = await working
  const [{ runs, attempts } = {}] = await database.query(
    'select (select count(*) from runs) as runs, (select count(*) from attempts) as attempts',
  )
  const written = counts.reduce((sum, count) => sum + count, 0)
  t.same([Number(runs), Number(attempts)], [written, written], 'and nothing failed or is missing')
})

t.test('ids sort and refs begin byte by byte, whatever the database is used to', async (t) => {
  const database = await createDatabase(t)
  const store = await openLedger(database.options())
  t.teardown(() => store.close())
  const rows = await database.query(`select count(*) as others from information_schema.columns
    where table_schema = 'public' and data_type = 'text' and collation_name is distinct from 'C'`)
  t.same(rows, [{ others: '0' }], 'every column of text is compared as SQLite does')
})
