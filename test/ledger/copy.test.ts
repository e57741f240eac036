import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import { copyLedger } from '../../src/ledger/copy.ts'
import { openLedger } from '../../src/ledger/open.ts'
import type { Run } from '../../src/runs/run.ts'
import { sampleRun } from './sample.ts'

const open = (path: string, instance = 'test') => openLedger({ url: `sqlite:${path}`, instance })

const copy = (from: string, to: string, instance = 'test') => copyLedger(from, { url: `sqlite:${to}`, instance })

/** A ledger with one run, and the path of one that is to be. */
async function prepare(t: Test) {
  const folder = t.testdir()
  const [from, to] = [join(folder, 'from.db'), join(folder, 'to.db')]
  const run = sampleRun({ key: 'K' })
  const store = await open(from)
  await store.insert(run)
  await store.close()
  return { from, to, run }
}

/** The copy is refused with this message, and the target has what it had. */
async function refuses(
  t: Test,
  { from, to }: { from: string; to: string },
  message: RegExp,
  kept: Run[] = [],
): Promise<void> {
  await t.rejects(copy(from, to), { name: 'LedgerOpenError', message }, `${message}`)
  const store = await open(to)
  t.same(await store.list({ jobs: null, limit: 2 }), kept)
  await store.close()
}

function execute(path: string, statement: string) {
  const database = new DatabaseSync(path)
  try {
    return database.prepare(statement).all()
  } finally {
    database.close()
  }
}

t.test('every table is copied, and the source stays', async (t) => {
  const { from, to, run } = await prepare(t)
  const copied = await copy(from, to)
  const tables = execute(
    from,
    "select name from sqlite_schema where type = 'table' and name not like 'kysely%' order by name",
  )
  t.same(
    copied.map(({ table }) => table).sort(),
    tables.map(({ name }) => name),
  )
  for (const path of [from, to]) {
    const store = await open(path)
    t.same(await store.getByKey('control-m', 'nightly-load', 'K'), run)
    await store.close()
  }
})

t.test('a ledger that a gateway was only started on takes one', async (t) => {
  const { from, to, run } = await prepare(t)
  const store = await open(to)
  await store.expectedSince(['nightly-load'], 1)
  await store.lease('watch:main', 'gone', 60_000)
  await store.releaseLease('watch:main', 'gone')
  await store.close()
  await copy(from, to)
  const again = await open(to)
  t.same(await again.get(run.id), run)
  await again.close()
})

t.test('a source that is not there is refused, and not made', async (t) => {
  const { to, from } = await prepare(t)
  const nowhere = `${from}.none`
  await refuses(t, { from: nowhere, to }, /^There is no ledger .*from\.db\.none/)
  t.notOk(existsSync(nowhere))
})

t.test('a source that is in use is refused', async (t) => {
  const { from, to } = await prepare(t)
  const store = await open(from)
  t.teardown(() => store.close())
  await refuses(t, { from, to }, /from\.db is in use by process \d+ on /)
})

t.test('a source of another instance is refused', async (t) => {
  const { from, to } = await prepare(t)
  execute(from, "update settings set value = 'production'")
  await refuses(t, { from, to }, /belongs to instance "production", the configuration says "test"/)
})

t.test('a source with another schema is refused, and left as it is', async (t) => {
  const { from, to } = await prepare(t)
  execute(from, "update kysely_migration set name = '0000-draft' where name = (select max(name) from kysely_migration)")
  execute(from, "delete from kysely_migration where name > '0000-draft'")
  await refuses(t, { from, to }, /has schema 0000-draft, this version copies \d{4}-[a-z-]+: use this version/)
})

t.test('a target with runs is refused, and keeps them', async (t) => {
  const { from, to } = await prepare(t)
  const run = sampleRun()
  const store = await open(to)
  await store.insert(run)
  await store.close()
  await refuses(t, { from, to }, /has runs of its own/, [run])
})
