import type { Test } from 'tap'
import type { Attempt, Run } from '../../src/runs/run.ts'
import type { RunStore } from '../../src/runs/store.ts'
import { sampleAttempt, sampleRun } from './sample.ts'

const DAY_MS = 86_400_000
const NOW = Date.UTC(2026, 10, 22)
const OLD = NOW - 100 * DAY_MS
const ROUND = {
  endedBefore: NOW - 90 * DAY_MS,
  tombstonesBefore: NOW - 400 * DAY_MS,
  eventsBefore: 0,
  now: NOW,
  limit: 100,
}
const ENDED = { state: 'FAILED', result: 'KO', cause: 'user_code', finished_at: OLD + 1, due_at: null } as const

/** What purging does to every store of runs. `openStore` gives an empty one. */
export function purgeContract(t: Test, openStore: () => Promise<RunStore>): void {
  async function open(t: Test) {
    const store = await openStore()
    t.teardown(() => store.close())
    return {
      store,
      /** A run as old as OLD, ended unless its attempt says otherwise. */
      async keep(attempt: Partial<Attempt> = {}, run: Partial<Omit<Run, 'attempt'>> = {}): Promise<Run> {
        const kept = sampleRun({ created_at: OLD, ...run }, { ...ENDED, ...attempt })
        await store.insert(kept)
        return kept
      },
    }
  }

  t.test('a run that ended long ago goes, with its attempts and output, and leaves a tombstone', async (t) => {
    const { store, keep } = await open(t)
    const first = await keep({}, { key: 'k' })
    await store.addAttempt(first, sampleAttempt({ ...ENDED, number: 2 }))
    await store.keepOutput(first.id, 1, [])
    t.notOk(await store.purge(ROUND), 'there is no more')
    t.equal(await store.get(first.id), undefined)
    t.same(await store.attempts(first.id), [])
    t.equal(await store.output(first.id, 1), undefined)
    const tombstone = { run_id: first.id, job: first.job, client_id: first.client_id, last_attempt: 2 }
    t.same(await store.tombstone(first.id), tombstone)
    t.same(await store.tombstoneByKey(first.client_id, first.job, 'k'), tombstone)
  })

  t.test('of the runs of one key the newest says how far its attempts counted', async (t) => {
    const { store, keep } = await open(t)
    const first = await keep({}, { key: 'k' })
    const second = sampleRun({ key: 'k', created_at: OLD + DAY_MS }, { ...ENDED, number: 2, finished_at: OLD + DAY_MS })
    await store.insert(second, first.id)
    await store.purge(ROUND)
    t.match(await store.tombstoneByKey(first.client_id, first.job, 'k'), { run_id: second.id, last_attempt: 2 })
    t.match(await store.tombstone(first.id), { last_attempt: 1 })
  })

  t.test('what is not over, not settled or not old stays', async (t) => {
    const { store, keep } = await open(t)
    const unfinished = { result: '', cause: null, finished_at: null, due_at: OLD } as const
    const stay: Record<string, Run> = {
      submitting: await keep({ ...unfinished, state: 'SUBMITTING' }),
      running: await keep({ ...unfinished, state: 'RUNNING', databricks_run_id: '1' }),
      unconfirmed: await keep({ state: 'UNCONFIRMED', cause: 'unconfirmed', due_at: NOW + 60_000 }),
      'ended lately': await keep({ finished_at: ROUND.endedBefore }),
    }
    const again = await keep()
    await store.addAttempt(again, sampleAttempt({ number: 2, created_at: NOW }))
    stay['started again'] = again
    const young = await keep({ finished_at: ROUND.endedBefore + 2 }, { created_at: ROUND.endedBefore + 1 })
    await keep()
    t.notOk(await store.purge(ROUND))
    for (const [why, { id }] of Object.entries({ ...stay, young })) t.ok(await store.get(id), why)
    t.equal((await store.list({ jobs: null, limit: 100 })).length, 6, 'and nothing else')
  })

  t.test('the totals do not know of it', async (t) => {
    const { store } = await open(t)
    const run = sampleRun({ created_at: OLD })
    await store.insert(run)
    const end = { ...ENDED, state: 'SUCCEEDED', result: 'OK', cause: null, run_ms: 60_000 } as const
    await store.update(run, end, { job: run.job, state: 'SUCCEEDED', result: 'OK', cause: '' })
    const totals = async () => [await store.endings(), await store.jobSummaries()]
    const before = await totals()
    await store.purge(ROUND)
    t.equal(await store.get(run.id), undefined)
    t.same(await totals(), before)
  })

  t.test('a few at a time, the oldest first', async (t) => {
    const { store, keep } = await open(t)
    for (const age of [3, 1, 4, 2, 0]) await keep({}, { created_at: OLD - age * DAY_MS })
    const ages = async () =>
      (await store.list({ jobs: null, limit: 10 })).map(({ created_at }) => (OLD - created_at) / DAY_MS)
    t.ok(await store.purge({ ...ROUND, limit: 2 }), 'there is more')
    t.same(await ages(), [0, 1, 2])
    t.ok(await store.purge({ ...ROUND, limit: 2 }))
    t.notOk(await store.purge({ ...ROUND, limit: 2 }))
    t.same(await ages(), [])
  })

  t.test('a tombstone stays for its time, and leaves a few at a time', async (t) => {
    const { store, keep } = await open(t)
    const runs = [await keep(), await keep(), await keep()]
    const left = async () => (await Promise.all(runs.map(({ id }) => store.tombstone(id)))).filter(Boolean).length
    await store.purge(ROUND)
    await store.purge({ ...ROUND, tombstonesBefore: NOW })
    t.equal(await left(), 3)
    t.ok(await store.purge({ ...ROUND, tombstonesBefore: NOW + 1, limit: 2 }), 'there is more')
    t.equal(await left(), 1)
    t.notOk(await store.purge({ ...ROUND, tombstonesBefore: NOW + 1, limit: 2 }))
    t.equal(await left(), 0)
  })

  t.test('beside it a run is started again, or goes, but not half', async (t) => {
    const { store, keep } = await open(t)
    const runs = await Promise.all(Array.from({ length: 60 }, (_, i) => keep({}, { key: `k-${i}` })))
    const purges = async () => {
      while (await store.purge({ ...ROUND, limit: 5 }));
    }
    const [added] = await Promise.all([
      Promise.all(runs.map((run) => store.addAttempt(run, sampleAttempt({ number: 2, created_at: NOW })))),
      purges(),
      purges(),
    ])
    for (const [i, { id }] of runs.entries()) {
      const [run, tombstone] = [await store.get(id), await store.tombstone(id)]
      t.equal(run?.attempt.number, added[i] ? 2 : undefined, added[i] ? 'started again' : 'gone')
      t.equal(tombstone?.last_attempt, added[i] ? undefined : 1)
    }
  })

  t.test('beside it a key goes from one run to the next', async (t) => {
    const { store, keep } = await open(t)
    const holders = await Promise.all(Array.from({ length: 40 }, (_, i) => keep({}, { key: `k-${i}` })))
    const later = holders.map(({ key }) => sampleRun({ key }))
    const [inserted] = await Promise.all([
      Promise.all(later.map((run) => store.insert(run))),
      store.purge({ ...ROUND, limit: 20 }),
      store.purge({ ...ROUND, limit: 20 }),
    ])
    for (const [i, answer] of inserted.entries()) {
      if (!answer.inserted) t.equal(answer.holder.id, holders[i]?.id)
      t.equal((await store.get(later[i]?.id ?? '')) !== undefined, answer.inserted)
    }
  })
}
