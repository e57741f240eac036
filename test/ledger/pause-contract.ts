import type { Test } from 'tap'
import type { AuditEvent } from '../../src/runs/audit.ts'
import type { Pause } from '../../src/runs/pause.ts'
import type { RunStore } from '../../src/runs/store.ts'
import { sampleRun } from './sample.ts'

const ALL = { scope: 'all', name: '' } as const
const JOB = { scope: 'job', name: 'nightly-load' } as const
const PAUSE: Pause = {
  ...JOB,
  ...{ mode: 'hold', message: 'línea "1"', until_at: 9_007_199_254_740_991, paused_by: 'platform', paused_at: 1_000 },
}
const event = (action: 'pause' | 'resume'): AuditEvent => ({
  ...{ at: 1_000, action, result: 'applied', client: 'platform', key_id: 'k1', remote_address: null },
  ...{ workspace: null, job: 'nightly-load', run_id: null, attempt: null, ref: null, detail: null },
})

/** What pauses are in every store of runs. `open` gives an empty one. */
export function pauseContract(t: Test, open: () => Promise<RunStore>): void {
  const fresh = async (t: Test) => {
    const store = await open()
    t.teardown(() => store.close())
    return store
  }
  const plain = (rows: Pause[]) => rows.map((row) => ({ ...row })).sort((a, b) => (a.scope < b.scope ? -1 : 1))

  t.test('one at a time of each target, and its event with it', async (t) => {
    const store = await fresh(t)
    t.same(await store.pauses(), [])
    await store.setPause(PAUSE, event('pause'))
    t.same(plain(await store.pauses()), [PAUSE])
    const open = { ...PAUSE, mode: 'refuse', message: '', until_at: null } as const
    await store.setPause(open, event('pause'))
    await store.setPause({ ...PAUSE, ...ALL }, event('pause'))
    t.same(plain(await store.pauses()), [{ ...PAUSE, ...ALL }, open])
    t.equal((await store.events({ action: 'pause', limit: 10 })).length, 3)
  })

  t.test('an end is written once, and the pause stays', async (t) => {
    const store = await fresh(t)
    await store.setPause({ ...PAUSE, until_at: null }, event('pause'))
    t.equal(await store.endPause(ALL, 2_000, event('resume')), undefined, 'there is none of all')
    const ended = { ...PAUSE, until_at: 2_000 }
    t.match(await store.endPause(JOB, 2_000, event('resume')), ended)
    t.equal(await store.endPause(JOB, 3_000, event('resume')), undefined, 'it has ended')
    t.same(plain(await store.pauses()), [ended])
    await store.setPause({ ...PAUSE, until_at: 5_000 }, event('pause'))
    t.match(await store.endPause(JOB, 4_000, event('resume')), { until_at: 4_000 }, 'before its time')
    t.equal((await store.events({ action: 'resume', limit: 10 })).length, 2, 'nothing is told that was not done')
  })

  t.test('of those that end it at the same time one has', async (t) => {
    const store = await fresh(t)
    await store.setPause(PAUSE, event('pause'))
    const ends = await Promise.all([5, 6, 7, 8].map((at) => store.endPause(JOB, at, event('resume'))))
    t.equal(ends.filter(Boolean).length, 1)
  })

  t.test('held runs of a target are woken, and no others', async (t) => {
    const store = await fresh(t)
    const [held, elsewhere, free, early, over] = [
      sampleRun({}, { held_since: 1, due_at: 9_000 }),
      sampleRun({ job: 'report' }, { held_since: 1, due_at: 9_000, workspace: 'spare' }),
      sampleRun({}, { due_at: 9_000 }),
      sampleRun({}, { held_since: 1, due_at: 1_000 }),
      sampleRun({}, { state: 'CANCELED', result: 'KO', due_at: null }),
    ]
    const all = [held, elsewhere, free, early, over]
    for (const run of all) await store.insert(run)
    const read = async () => {
      const runs = await Promise.all(all.map(({ id }) => store.get(id)))
      return runs.map((run) => [run?.attempt.due_at, run?.attempt.message])
    }
    const as = [held, elsewhere, free, early, over].map(({ attempt }) => [attempt.due_at, attempt.message])
    t.same(await read(), as)
    t.same(await store.get(held.id), held, 'since when it is held')
    await store.wakeHeld({ scope: 'job', name: 'none' }, 2_000, 'M')
    await store.wakeHeld({ scope: 'workspace', name: 'none' }, 2_000, 'M')
    t.same(await read(), as)
    await store.wakeHeld(JOB, 2_000, 'M')
    t.same(await read(), as.with(0, [2_000, 'M']))
    await store.wakeHeld({ scope: 'workspace', name: 'spare' }, 3_000, 'N')
    t.same(await read(), as.with(0, [2_000, 'M']).with(1, [3_000, 'N']))
    await store.wakeHeld(ALL, 500, 'A')
    t.same(await read(), as.with(0, [500, 'A']).with(1, [500, 'A']).with(3, [500, 'A']))
    t.ok(await store.update(held, { held_since: null }), 'that is no transition')
  })
}
