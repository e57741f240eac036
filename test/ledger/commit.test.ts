import { readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { Kysely, sql } from 'kysely'
import t, { type Test } from 'tap'
import { createGroupCommit } from '../../src/ledger/commit.ts'
import { insertOneByOne } from '../../src/ledger/insert-attempt.ts'
import { unindexed } from '../../src/ledger/list.ts'
import { migrate } from '../../src/ledger/migrate.ts'
import { openLedger } from '../../src/ledger/open.ts'
import { sqliteSchema } from '../../src/ledger/open-sqlite.ts'
import { prependInSqlite } from '../../src/ledger/prepend.ts'
import { createRunStore } from '../../src/ledger/runs.ts'
import { writeEachSighting } from '../../src/ledger/sightings.ts'
import { createSqliteDialect } from '../../src/ledger/sqlite.ts'
import type { Tables } from '../../src/ledger/tables.ts'
import { LedgerError } from '../../src/runs/store.ts'
import { sampleRun } from './sample.ts'

t.test('concurrent writes are one commit, and one after the other each its own', async (t) => {
  const path = `${t.testdir()}/runs.db`
  const store = await openLedger({ url: `sqlite:${path}`, instance: 'test' })
  t.teardown(() => store.close())
  const atFirst = countCommits(path)
  await Promise.all(Array.from({ length: 100 }, () => store.insert(sampleRun())))
  t.equal(countCommits(path) - atFirst, 1)
  for (let count = 0; count < 5; count++) await store.insert(sampleRun())
  t.equal(countCommits(path) - atFirst, 6)
})

t.test('a failed write leaves nothing, and those before and after it in the same commit stay', async (t) => {
  const { db, write } = await openParts(t)
  const set = (name: string, value: string) =>
    write((trx) => trx.insertInto('settings').values({ name, value }).execute())
  let meanwhile: Promise<unknown[]> | undefined
  const failing = write(async (trx) => {
    await trx.insertInto('settings').values({ name: 'b', value: '2' }).execute()
    meanwhile = db.selectFrom('settings').selectAll().where('name', '=', 'b').execute()
    throw new Error('after its first statement')
  })
  const settled = await Promise.allSettled([set('a', '1'), failing, set('c', '3'), set('a', 'twice')])
  t.same(
    settled.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled', 'rejected'],
  )
  t.match(settled[1], { reason: { message: 'after its first statement' } })
  t.match(settled[3], { reason: LedgerError })
  t.same(await meanwhile, [], 'a read beside it saw nothing of it')
  t.same(await db.selectFrom('settings').selectAll().orderBy('name').execute(), [
    { name: 'a', value: '1' },
    { name: 'c', value: '3' },
  ])
})

t.test('when the commit fails, every write of it fails', async (t) => {
  const { db, write } = await openParts(t)
  await sql`create table parent (id integer primary key)`.execute(db)
  await sql`create table child (id integer references parent (id) deferrable initially deferred)`.execute(db)
  const good = () => write((trx) => trx.insertInto('settings').values({ name: 'a', value: '1' }).execute())
  const settled = await Promise.allSettled([good(), write((trx) => sql`insert into child values (1)`.execute(trx))])
  for (const outcome of settled) t.match(outcome, { status: 'rejected', reason: LedgerError })
  await good()
  t.same(await db.selectFrom('settings').selectAll().execute(), [{ name: 'a', value: '1' }], 'the next one succeeds')
})

t.test('a full disk fails what does not fit, and nothing else, and passes', async (t) => {
  const { database, store } = await openParts(t)
  const pages = Number(database.prepare('PRAGMA page_count').get()?.['page_count'])
  database.exec(`PRAGMA max_page_count = ${pages + 30}`)
  const runs = Array.from({ length: 200 }, () => sampleRun())
  const settled: PromiseSettledResult<unknown>[] = []
  for (let at = 0; at < runs.length; at += 20) {
    settled.push(...(await Promise.allSettled(runs.slice(at, at + 20).map((run) => store.insert(run)))))
  }
  const failed = settled.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
  t.ok(failed.length > 0 && failed.length < runs.length, `${failed.length} failed`)
  for (const error of failed) t.type(error, LedgerError)
  for (const [index, { id }] of runs.entries()) {
    t.equal((await store.get(id)) !== undefined, settled[index]?.status === 'fulfilled')
  }
  database.exec('PRAGMA max_page_count = 100000')
  t.same(await store.insert(sampleRun()), { inserted: true })
})

async function openParts(t: Test) {
  const database = new DatabaseSync(`${t.testdir()}/runs.db`)
  database.exec('PRAGMA journal_mode = WAL')
  const db = new Kysely<Tables>({ dialect: createSqliteDialect(database) })
  t.teardown(() => db.destroy())
  await migrate(sqliteSchema(db))
  const write = createGroupCommit(db)
  const store = createRunStore({
    db,
    write,
    writeOne: write,
    locksRows: false,
    lockJob: async () => {},
    residual: unindexed,
    writeSightings: writeEachSighting,
    insertAttempt: insertOneByOne(db),
    prepend: prependInSqlite,
    now: sql`0`,
    size: async () => 0,
    close: () => db.destroy(),
  })
  return { database, db, write, store }
}

/** Counts the frames of the write-ahead log that end a commit (https://sqlite.org/fileformat2.html#walformat). */
function countCommits(path: string): number {
  const wal = readFileSync(`${path}-wal`)
  const frameSize = 24 + wal.readUInt32BE(8)
  let commits = 0
  for (let at = 32; at + frameSize <= wal.length; at += frameSize) {
    if (wal.readUInt32BE(at + 4) !== 0) commits += 1
  }
  return commits
}
