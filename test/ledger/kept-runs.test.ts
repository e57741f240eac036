import { deepEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { keepRuns } from '../../src/ledger/kept-runs.ts'
import { prepareSchema } from '../../src/ledger/migrate.ts'
import { openSqlite } from '../../src/ledger/open-sqlite.ts'
import { createRunStore } from '../../src/ledger/runs.ts'
import type { Run } from '../../src/runs/run.ts'
import { LedgerError, type RunStore } from '../../src/runs/store.ts'
import { operations } from './operations.ts'
import { sampleRun } from './sample.ts'

t.test('after any writes, however they fall together with reads, a read shows what the database holds', async (t) => {
  const sizes = fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 60, maxLength: 60 })
  await fc.assert(
    fc.asyncProperty(operations, sizes, async (steps, batchSizes) => {
      const database = await openDatabase()
      try {
        const store = keepRuns(database, 4)
        let seen: Run[] = []
        let begun = 0
        for (const size of batchSizes) {
          const batch = steps.slice(begun, begun + size)
          await Promise.all(batch.map((step, index) => step.run(store, seen, begun + index)))
          begun += batch.length
          const ids = (await database.list({ jobs: null, limit: 100 })).map(({ id }) => id)
          const held = await readEach(database, ids)
          deepEqual(await readEach(store, ids), held)
          deepEqual(await readEach(store, ids.toReversed()), held.toReversed())
          seen = [...seen, ...held].slice(-100)
          if (begun >= steps.length) break
        }
      } finally {
        await database.close()
      }
    }),
    { numRuns: 60 },
  )
  t.pass('in 60 random sequences')
})

t.test('a run is read from the database once, until something is written to it', async (t) => {
  const { store, asked } = await openWatched(t)
  const [run, other] = [sampleRun(), sampleRun()]
  await store.insert(run)
  await store.insert(other)
  const [first, second] = await Promise.all([store.get(run.id), store.get(run.id)])
  t.same(first, run)
  t.equal(second, first)
  await store.tell(other.id, 1, 1_000)
  t.equal(await store.get(run.id), first, 'the write to another one did not matter')
  t.same(asked, [run.id])
  await store.tell(run.id, 1, 1_000)
  t.equal((await store.get(run.id))?.attempt.told_at, 1_000)
  t.same(asked, [run.id, run.id])
})

t.test('a read that a write overtakes is not kept', async (t) => {
  const overtaken = Promise.withResolvers<void>()
  const { store, asked } = await openWatched(t, { delay: overtaken.promise })
  const run = sampleRun()
  await store.insert(run)
  const early = store.get(run.id)
  await store.update(run, { message: 'changed' })
  overtaken.resolve()
  t.equal((await early)?.attempt.message, 'Accepted.', 'it began before the write')
  t.equal((await store.get(run.id))?.attempt.message, 'changed')
  t.equal(asked.length, 2)
})

t.test('the runs that were not asked for the longest are given up', async (t) => {
  const { store, asked } = await openWatched(t, { maxKept: 2 })
  const runs = [sampleRun(), sampleRun(), sampleRun()]
  const [a = '', b = '', c = ''] = runs.map(({ id }) => id)
  for (const run of runs) await store.insert(run)
  for (const id of [a, b, a, c, a, b]) await store.get(id)
  t.same(asked, [a, b, c, b])
})

t.test('a run that has given its key up is read anew', async (t) => {
  const { store } = await openWatched(t)
  const run = sampleRun({ key: 'LOAD-1' })
  await store.insert(run)
  t.equal((await store.get(run.id))?.version, run.version)
  await store.insert(sampleRun({ key: 'LOAD-1' }), run.id)
  t.equal((await store.get(run.id))?.version, run.version + 1)
})

t.test('a purge leaves nothing of what it removed', async (t) => {
  const { store } = await openWatched(t)
  const long = { id: '0'.repeat(26), created_at: 1 }
  const run = sampleRun(long, { state: 'SUCCEEDED', result: 'OK', finished_at: 1, due_at: null })
  await store.insert(run)
  t.ok(await store.get(run.id))
  await store.purge({ endedBefore: 2, tombstonesBefore: 0, eventsBefore: 0, now: 3, limit: 10 })
  t.equal(await store.get(run.id), undefined)
})

t.test('of what is woken nothing is kept', async (t) => {
  const { store } = await openWatched(t)
  const run = sampleRun({}, { held_since: 1, due_at: 9_000 })
  await store.insert(run)
  t.equal((await store.get(run.id))?.attempt.due_at, 9_000)
  await store.wakeHeld({ scope: 'all', name: '' }, 2_000, 'Woken.')
  t.match((await store.get(run.id))?.attempt, { due_at: 2_000, message: 'Woken.' })
})

t.test('neither a missing run nor a failure is kept, and a write that failed may have been made', async (t) => {
  const failures: string[] = []
  const { store, asked } = await openWatched(t, { failures })
  const run = sampleRun()
  t.equal(await store.get(run.id), undefined)
  await store.insert(run)
  failures.push('get')
  await t.rejects(store.get(run.id), LedgerError)
  t.same(await store.get(run.id), run)
  failures.push('tell')
  await t.rejects(store.tell(run.id, 1, 5), LedgerError)
  t.equal((await store.get(run.id))?.attempt.told_at, 5)
  t.equal(asked.length, 4)
})

interface Watching {
  maxKept?: number
  /** The first read is answered after this, with what it found before. */
  delay?: Promise<void>
  /** Operations of which the next one fails, a write once it is made. */
  failures?: string[]
}

/** A store that keeps runs, and the ids for which it asked the database. */
async function openWatched(t: Test, { maxKept, delay, failures = [] }: Watching = {}) {
  const database = await openDatabase()
  t.teardown(() => database.close())
  const asked: string[] = []
  const fail = (name: string) => {
    const at = failures.indexOf(name)
    if (at >= 0) throw new LedgerError(String(failures.splice(at, 1)))
  }
  const watched: RunStore = {
    ...database,
    async get(id) {
      asked.push(id)
      fail('get')
      const run = await database.get(id)
      if (asked.length === 1) await delay
      return run
    },
    async tell(...what) {
      await database.tell(...what)
      fail('tell')
    },
  }
  return { store: keepRuns(watched, maxKept), asked }
}

async function openDatabase(): Promise<RunStore> {
  const database = openSqlite({ path: ':memory:', synchronous: 'normal' })
  await prepareSchema(database.schema, 'at_start')
  return createRunStore(database)
}

function readEach(store: RunStore, ids: string[]): Promise<Run[]> {
  return Promise.all(
    ids.map(async (id) => {
      const run = await store.get(id)
      if (!run) throw new Error(`no run ${id}`)
      return run
    }),
  )
}
