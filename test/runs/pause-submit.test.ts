import t, { type Test } from 'tap'
import { openLedger } from '../../src/ledger/open.ts'
import type { AuditEvent } from '../../src/runs/audit.ts'
import type { Pause } from '../../src/runs/pause.ts'
import { createPauseSubmit } from '../../src/runs/pause-submit.ts'
import { createPauses } from '../../src/runs/pauses.ts'
import type { Attempt, Run } from '../../src/runs/run.ts'
import { createTransitions } from '../../src/runs/transition.ts'
import { sampleRun } from '../ledger/sample.ts'

const START = Date.UTC(2026, 10, 22, 20)
const EVENT: AuditEvent = {
  ...{ at: START, action: 'pause', result: 'applied', client: 'platform', key_id: null, remote_address: null },
  ...{ workspace: null, job: null, run_id: null, attempt: null, ref: null, detail: null },
}
const ALL = { scope: 'all', name: '' } as const
const UNSENT = { tries: 0, tries_in_doubt: 0 }

/** Submissions of one process on a ledger, by a clock that the test sets. */
async function prepare(t: Test) {
  const store = await openLedger({ url: 'sqlite::memory:', instance: 'test' })
  t.teardown(() => store.close())
  const clock = { at: START, now: () => clock.at, sleep: async () => {} }
  const submitted: Run[] = []
  const due: [workspace: string, at: number][] = []
  const onDue = (workspace: string, at: number) => void due.push([workspace, at])
  const pauses = createPauses({ store, clock, onChanged: () => onDue('changed', clock.at), tellOthers: async () => {} })
  /** Comes between the decision to hold a run and the write. */
  let before = async () => {}
  const transitions = createTransitions({
    store: {
      ...store,
      async update(...args) {
        await before()
        return store.update(...args)
      },
    },
    tell: () => {},
  })
  const submit = createPauseSubmit({
    ...{ pauses, store, transitions, clock, onDue },
    async submit(run) {
      submitted.push(run)
      return { run }
    },
  })
  return {
    ...{ store, clock, pauses, submit, submitted, due },
    pause: (fields: Partial<Pause> = {}) =>
      pauses.pause(
        { ...ALL, mode: 'hold', message: 'M', until_at: null, paused_by: 'platform', paused_at: START, ...fields },
        EVENT,
      ),
    async accept(attempt: Partial<Attempt> = {}) {
      const run = sampleRun({ created_at: clock.at }, { ...UNSENT, submit_deadline_at: clock.at + 10_000, ...attempt })
      await store.insert(run)
      return run
    },
    beforeWrite(work: () => Promise<unknown>) {
      before = async () => {
        before = async () => {}
        await work()
      }
    },
  }
}

t.test('a held run keeps all the time that it had to be submitted', async (t) => {
  const { clock, pauses, submit, submitted, pause, accept } = await prepare(t)
  const accepted = await accept()
  clock.at += 4_000
  await pause()
  const { run: held } = await submit(accepted, 0)
  t.match(held.attempt, {
    message: 'Accepted here; paused by platform until it is resumed: M.',
    held_since: START + 4_000,
    submit_deadline_at: START + 10_000,
  })
  clock.at += 3_600_000
  const { run: again } = await submit(held, 0)
  t.match(again.attempt, { held_since: START + 4_000, state: 'SUBMITTING' }, 'long after its deadline')
  t.ok((again.attempt.due_at ?? 0) > clock.at)
  t.same(submitted, [])

  await pauses.resume(ALL, EVENT)
  // The watcher comes to it only now.
  clock.at += 2_000
  await submit(again, 0)
  t.match(submitted, [{ attempt: { held_since: null, submit_deadline_at: START + 3_600_000 + 10_000 } }])
})

t.test('a pause that ends by itself, while nobody watched', async (t) => {
  const { clock, submit, submitted, pause, accept } = await prepare(t)
  await pause({ until_at: START + 60_000 })
  const { run } = await submit(await accept(), 0)
  t.equal(run.attempt.due_at, START + 60_000)
  clock.at += 900_000
  await submit(run, 0)
  t.equal(submitted[0]?.attempt.submit_deadline_at, START + 70_000, 'the time after its end counts')
})

t.test('one pause after the other, of several scopes', async (t) => {
  const { clock, pauses, submit, submitted, pause, accept } = await prepare(t)
  await pause()
  const { run } = await submit(await accept(), 0)
  clock.at += 1_000
  await pause({ scope: 'job', name: 'nightly-load', message: 'J', paused_by: 'owner' })
  await pauses.resume(ALL, EVENT)
  const { run: still } = await submit(run, 0)
  t.match(still.attempt, { message: /paused by owner until it is resumed: J/, held_since: START })
  clock.at += 1_000
  await pauses.resume({ scope: 'job', name: 'nightly-load' }, EVENT)
  await submit(still, 0)
  t.equal(submitted[0]?.attempt.submit_deadline_at, START + 12_000)
})

t.test('what may have reached Databricks, or is being posted, goes on', async (t) => {
  const { submit, submitted, pause, accept } = await prepare(t)
  await pause()
  await submit(await accept({ tries: 1, tries_in_doubt: 1 }), 0)
  await submit(await accept({ tries: 1, tries_in_doubt: 1 }), 0, 'counted')
  t.equal(submitted.length, 2)
  await submit(await accept({ tries: 1, tries_in_doubt: 1, held_since: START }), 0)
  t.equal(submitted.length, 2, 'unless it was held with its doubt')
})

t.test('a run that is held while the pause ends is not forgotten', async (t) => {
  const { store, clock, pauses, submit, due, pause, accept, beforeWrite } = await prepare(t)
  await pause()
  const accepted = await accept()
  beforeWrite(() => pauses.resume(ALL, EVENT))
  const { run } = await submit(accepted, 0)
  t.equal((await store.get(run.id))?.attempt.due_at, clock.at)
  t.same(due.at(-1), ['main', clock.at], 'and whoever watches is woken')
})

t.test('a change of the pauses lets those go that it concerns', async (t) => {
  const { store, clock, pauses, submit, due, pause, accept } = await prepare(t)
  await pause({ scope: 'workspace', name: 'main' })
  const { run } = await submit(await accept(), 0)
  const read = async () => (await store.get(run.id))?.attempt
  due.length = 0
  clock.at += 1_000
  await pause({ scope: 'workspace', name: 'spare' })
  t.same(await read(), run.attempt, 'that of another workspace does not')
  await pause({ scope: 'workspace', name: 'main', until_at: START + 5_000 })
  t.match(await read(), { due_at: clock.at, message: /until 2026-11-22T20:00:05.000Z/ })
  t.ok(due.length > 0)
  due.length = 0
  await pauses.refresh()
  t.same(due, [], 'nothing has changed')
  const { run: again } = await submit({ ...run, attempt: (await read()) ?? run.attempt }, 0)
  clock.at += 1_000
  await pauses.resume({ scope: 'workspace', name: 'main' }, EVENT)
  t.match(await read(), { due_at: clock.at, message: /the pause is over/, version: again.attempt.version })
})

t.test('pauses that are asked for at once are known in the end as the ledger has them', async (t) => {
  const { store, pauses, pause } = await prepare(t)
  const names = Array.from({ length: 20 }, (_, index) => `job-${index}`)
  await Promise.all([
    ...names.map((name) => pause({ scope: 'job', name })),
    ...names.map(() => pauses.refresh()),
    ...names.slice(10).map((name) => pauses.resume({ scope: 'job', name }, EVENT)),
  ])
  t.same(pauses.known(), await store.pauses())
})
