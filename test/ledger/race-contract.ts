import type { Test } from 'tap'
import type { Run } from '../../src/runs/run.ts'
import type { RunStore } from '../../src/runs/store.ts'
import { sampleAttempt, sampleRun } from './sample.ts'

const ALL = { jobs: null, limit: 1_000 }

/** What becomes of writes that come at the same time, in every store of runs. `open` gives an empty one. */
export function raceContract(t: Test, open: () => Promise<RunStore>): void {
  const fresh = async (t: Test) => {
    const store = await open()
    t.teardown(() => store.close())
    return store
  }

  t.test('of concurrent inserts of one key one wins, and all learn which', async (t) => {
    const store = await fresh(t)
    const runs = Array.from({ length: 200 }, (_, index) => sampleRun({ key: `key-${index % 20}` }))
    const answers = await Promise.all(runs.map((run) => store.insert(run)))
    t.equal(answers.filter((answer) => answer.inserted).length, 20)
    for (const [index, answer] of answers.entries()) {
      const holder = await store.getByKey('control-m', 'nightly-load', `key-${index % 20}`)
      t.same(answer.inserted ? runs[index] : answer.holder, holder)
    }
    t.equal((await store.list(ALL)).length, 20)
  })

  t.test('of concurrent successors of one run one gets its key', async (t) => {
    const store = await fresh(t)
    const first = sampleRun({ key: 'k' })
    await store.insert(first)
    const successors = Array.from({ length: 10 }, () => sampleRun({ key: 'k' }))
    const answers = await Promise.all(successors.map((run) => store.insert(run, first.id)))
    t.equal(answers.filter((answer) => answer.inserted).length, 1)
    t.not((await store.getByKey('control-m', 'nightly-load', 'k'))?.id, first.id)
    t.equal((await store.get(first.id))?.key, 'k', 'the former holder still shows its key')
  })

  t.test('of concurrent changes of one attempt one wins, and its ending counts once', async (t) => {
    const store = await fresh(t)
    const run = sampleRun()
    await store.insert(run)
    const end = { state: 'SUCCEEDED', result: 'OK', finished_at: 2_000, run_ms: 500, due_at: null } as const
    const ending = { job: run.job, state: 'SUCCEEDED', result: 'OK', cause: '' } as const
    const won = await Promise.all(
      Array.from({ length: 20 }, (_, index) => store.update(run, { ...end, message: `${index}` }, ending)),
    )
    t.equal(won.filter(Boolean).length, 1)
    t.equal((await store.get(run.id))?.attempt.message, `${won.indexOf(true)}`)
    t.same(await store.endings(), [{ ...ending, count: 1 }])
  })

  t.test('of concurrent next attempts one is added, and a changed run gets none', async (t) => {
    const store = await fresh(t)
    const run = sampleRun({}, { state: 'FAILED', result: 'KO', due_at: null })
    await store.insert(run)
    const next = sampleAttempt({ number: 2, kind: 'new', rerun_id: 'R1' })
    const added = await Promise.all(Array.from({ length: 10 }, () => store.addAttempt(run, next)))
    t.equal(added.filter(Boolean).length, 1)
    const again = { ...run, version: 2, rerun_ids: ['R1'], attempt: next }
    t.same(await store.get(run.id), again)
    await store.update(again, { message: 'changed meanwhile' })
    t.notOk(await store.addAttempt(again, { ...next, number: 3 }), 'its attempt has changed')
    const changed = { ...again, attempt: { ...again.attempt, version: again.attempt.version + 1 } }
    await store.tell(run.id, 2, 5, 'R2')
    t.notOk(await store.addAttempt(changed, { ...next, number: 3 }), 'a press of the button was spent')
    t.equal((await store.attempts(run.id)).length, 2)
    t.equal((await store.get(run.id))?.attempt.version, changed.attempt.version, 'a refused attempt leaves no trace')
  })

  t.test('keeps the run times of the last good runs, however many end at once', async (t) => {
    const store = await fresh(t)
    const end = async (run_ms: number, repair_id: string | null = null) => {
      const run = sampleRun()
      await store.insert(run)
      const change = { state: 'SUCCEEDED', result: 'OK', finished_at: 2_000, due_at: null, run_ms, repair_id } as const
      await store.update(run, change, { job: run.job, state: 'SUCCEEDED', result: 'OK', cause: '' })
    }
    t.same(await store.durations('nightly-load'), [])
    for (let run = 1; run <= 15; run++) await end(run)
    await end(86_400_000, 'repaired a day later')
    await Promise.all([16, 17, 18, 19, 20, 21, 22].map((run) => end(run)))
    const kept = await store.durations('nightly-load')
    t.same(
      kept.toSorted((a, b) => a - b),
      Array.from({ length: 20 }, (_, index) => index + 3),
    )
    t.same(kept.slice(7), [15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3])
  })

  t.test('a job takes in no more than it has room for, however late those who came first are written', async (t) => {
    const store = await fresh(t)
    const entering = { tries: 1, tries_in_doubt: 1, last_try_at: 1_000 }
    const waiting = (place: number) => sampleRun({}, { created_at: 2_000 - place, tries: 0, tries_in_doubt: 0 })
    const runs = Array.from({ length: 40 }, (_, place) => waiting(place))
    const enter = (run: Run) => store.updateIfRoom(run, entering, 3)
    const atOnce = await Promise.all(runs.map(async (run) => (await store.insert(run)) && enter(run)))
    const first = atOnce.filter(({ updated }) => updated).length
    t.ok(first <= 3, `${first} at once`)
    const refused = runs.filter((_, index) => !atOnce[index]?.updated)
    const later = await Promise.all(refused.map(enter))
    t.equal(first + later.filter(({ updated }) => updated).length, 3, 'those who were refused ask again')
    t.ok(later.every(({ updated, ahead }) => updated === ahead < 3))
    t.equal((await store.jobLoad('nightly-load', 40)).posted, 3)
  })
}
