import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join, relative } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import { openLedger } from '../../src/ledger/open.ts'
import { networkFileSystem } from '../../src/ledger/sqlite-file.ts'
import { sampleRun } from './sample.ts'

const open = (path: string, instance = 'test') => openLedger({ url: `sqlite:${path}`, instance })

/** Makes a ledger, and then changes it by hand. */
async function prepare(path: string, change = ''): Promise<void> {
  await (await open(path)).close()
  const database = new DatabaseSync(path)
  database.exec(change)
  database.close()
}

/** The file is refused with this message, on one line, and left as it was. */
async function refuses(t: Test, path: string, message: RegExp, instance?: string): Promise<void> {
  const before = digest(path)
  await t.rejects(open(path, instance), { name: 'LedgerOpenError', message })
  t.same(digest(path), before, 'nothing was touched')
}

function digest(path: string): Record<string, string> {
  const directory = join(path, '..')
  const sha256 = (name: string) =>
    createHash('sha256')
      .update(readFileSync(join(directory, name)))
      .digest('hex')
  return Object.fromEntries(readdirSync(directory).map((name) => [name, sha256(name)]))
}

t.test('makes the directory, and keeps what was written from one opening to the next', async (t) => {
  const path = join(t.testdir(), 'data', 'deeper', 'runs.db')
  const run = sampleRun({ key: 'k' })
  const first = await open(relative(process.cwd(), path))
  await first.insert(run)
  await first.close()
  t.same(readdirSync(join(path, '..')), ['runs.db'], 'one file is left')
  for (let times = 0; times < 2; times++) {
    const again = await open(path)
    t.same(await again.get(run.id), run)
    await again.close()
  }
})

t.test('closes after the writes that were asked for', async (t) => {
  const path = join(t.testdir(), 'runs.db')
  const store = await open(path)
  const run = sampleRun()
  const [inserted] = await Promise.all([store.insert(run), store.close()])
  t.same(inserted, { inserted: true })
  await t.rejects(store.insert(sampleRun()), 'and takes no more')
  const again = await open(path)
  t.same(await again.get(run.id), run)
  await again.close()
})

t.test('takes only its own kind of url', async (t) => {
  await t.rejects(openLedger({ url: 'mysql://db', instance: 'test' }), {
    name: 'LedgerOpenError',
    message: /"sqlite:"/,
  })
})

t.test('refuses a directory that cannot be made or written', async (t) => {
  const directory = t.testdir({ file: 'not a directory' })
  await t.rejects(open(join(directory, 'file', 'runs.db')), { name: 'LedgerOpenError', message: /cannot be written/ })
  t.same(readdirSync(directory), ['file'])
  await t.rejects(open('/proc/gateway/runs.db'), { message: /cannot be written/ })
  await t.rejects(open(directory), { name: 'LedgerOpenError', message: /cannot be opened/ })
  t.same(readdirSync(directory), ['file'])
})

t.test('refuses a file that is no database', async (t) => {
  const path = join(t.testdir({ 'runs.db': 'id,job,state\n'.repeat(1_000) }), 'runs.db')
  await refuses(t, path, /runs\.db is no ledger: it is not an SQLite database\.$/)
})

t.test('refuses the database of another program, also one that was not closed', async (t) => {
  const path = join(t.testdir({ copy: {} }), 'other.db')
  const other = new DatabaseSync(path)
  other.exec('PRAGMA journal_mode = WAL; CREATE TABLE customers (name TEXT); INSERT INTO customers VALUES (1)')
  const copy = join(path, '..', 'copy', 'other.db')
  for (const ending of ['', '-wal']) copyFileSync(path + ending, copy + ending)
  other.close()
  await refuses(
    t,
    path.replace('other.db', 'copy/other.db'),
    /no ledger: it is an SQLite database of another program\.$/,
  )
  t.ok(existsSync(`${copy}-wal`))
})

t.test('refuses a ledger of a newer version as it is', async (t) => {
  const path = join(t.testdir(), 'runs.db')
  const later = (name: string) => `INSERT INTO kysely_migration VALUES ('${name}', '2030-01-01T00:00:00.000Z');`
  await prepare(path, later('9998-later') + later('9999-later'))
  await refuses(t, path, /newer version.* 9999-later, .* \d{4}-[a-z-]+/)
})

t.test('refuses the ledger of another instance, and says why', async (t) => {
  const path = join(t.testdir(), 'runs.db')
  await prepare(path)
  await refuses(t, path, /instance "test".* "production": the instance is part of every Databricks token/, 'production')
})

t.test('one process at a time: another is refused with the name of the one that has it', async (t) => {
  const path = join(t.testdir(), 'runs.db')
  const store = await open(path)
  t.teardown(() => store.close())
  const owner = `The ledger ${path} is in use by process ${process.pid} on ${hostname()}`
  await t.rejects(open(path), { name: 'LedgerOpenError', message: owner }, 'twice in one process')
  const other = spawnSync(process.execPath, [`${import.meta.dirname}/writer.ts`, `sqlite:${path}`], {
    encoding: 'utf8',
  })
  t.not(other.status, 0)
  t.match(other.stderr, `LedgerOpenError: ${owner}`)
  t.same(await store.insert(sampleRun()), { inserted: true }, 'the first still has it')
})

t.test('the name of an owner that was killed does not keep anyone out', async (t) => {
  const path = join(t.testdir(), 'runs.db')
  await prepare(path)
  writeFileSync(`${path}.owner`, 'process 1 on elsewhere')
  const store = await open(path)
  await t.rejects(open(path), { message: `process ${process.pid} on` })
  await store.close()
  t.notOk(existsSync(`${path}.owner`))
})

t.test('leases of a former process are over, and their epochs go on', async (t) => {
  const path = join(t.testdir(), 'runs.db')
  const first = await open(path)
  await first.lease('watch', 'dead', 60_000)
  await first.close()
  const second = await open(path)
  t.ok(await second.lease('watch', 'alive', 60_000))
  await second.close()
  const database = new DatabaseSync(path)
  t.teardown(() => database.close())
  t.match(database.prepare('SELECT holder, epoch FROM leases').get(), { holder: 'alive', epoch: 2 })
})

t.test('finds the tombstone of a purged run, and the newest of a key', async (t) => {
  const path = join(t.testdir(), 'runs.db')
  const slot = JSON.stringify(['control-m', 'load', 'k'])
  await prepare(
    path,
    `INSERT INTO tombstones VALUES ('01A', 'load', 'control-m', '${slot}', 2, 0), ('01B', 'load', 'control-m', '${slot}', 5, 0)`,
  )
  const store = await open(path)
  t.teardown(() => store.close())
  t.same(await store.tombstone('01A'), { run_id: '01A', job: 'load', client_id: 'control-m', last_attempt: 2 })
  t.match(await store.tombstoneByKey('control-m', 'load', 'k'), { run_id: '01B', last_attempt: 5 })
  t.equal(await store.tombstone('01C'), undefined)
  t.equal(await store.tombstoneByKey('control-m', 'load', 'K'), undefined)
})

t.test('knows network file systems from local ones', async (t) => {
  for (const [type, name] of [
    [0x6969, 'NFS'],
    [0xff534d42, 'CIFS'],
    [0xff534d42 | 0, 'CIFS'],
    [0xfe534d42, 'SMB'],
    [0xef53, undefined],
    [0x01021994, undefined],
    [0x58465342, undefined],
    [0x794c7630, undefined],
  ] as const) {
    t.equal(networkFileSystem(type), name, `0x${type.toString(16)}`)
  }
})
