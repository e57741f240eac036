import { deepEqual } from 'node:assert/strict'
import fc from 'fast-check'
import type { Test } from 'tap'
import type { AuditEvent, EventFilter, RecordedEvent } from '../../src/runs/audit.ts'
import type { Cancel, Run } from '../../src/runs/run.ts'
import { LedgerError, type RunStore } from '../../src/runs/store.ts'
import { events, filters, matches } from './audit-events.ts'
import { operations } from './operations.ts'
import { sampleAttempt, sampleRun } from './sample.ts'

const NOW = Date.UTC(2026, 10, 23)
const DAY_MS = 86_400_000
const CANCEL: Cancel = {
  ...{ asked_at: NOW, client: 'operator', key_id: 'k2', ref: 'CALL-7', remote_address: '192.0.2.9', sent_at: null },
}
const RELOAD: AuditEvent = {
  ...{ at: NOW, action: 'reload', result: 'applied', client: null, key_id: null, remote_address: null },
  ...{ workspace: null, job: null, run_id: null, attempt: null, ref: null },
  detail: { host: 'a' },
}

/** What audit events every store of runs keeps. `open` gives an empty one. */
export function auditContract(t: Test, open: () => Promise<RunStore>, { sequences = 40 } = {}): void {
  const fresh = async (t: Test) => {
    const store = await open()
    t.teardown(() => store.close())
    return store
  }

  t.test('an attempt is recorded with it: who, with which key, from where, and what', async (t) => {
    const store = await fresh(t)
    const run = sampleRun({ key: 'k' }, { state: 'FAILED', result: 'KO' })
    await store.insert(run)
    const repair = sampleAttempt({ number: 2, kind: 'repair', client: 'operator', ref: null, created_at: NOW })
    await store.addAttempt(run, repair)
    const [second, first, ...others] = await store.events({ limit: 10 })
    const common = { workspace: 'main', job: 'nightly-load', run_id: run.id, result: 'accepted' }
    t.match(first, { ...common, action: 'trigger', client: 'control-m', key_id: 'k1', remote_address: '192.0.2.7' })
    t.match(first, { at: run.created_at, attempt: 1, ref: 'SALES/LOAD_SALES/0a1b2/1' })
    t.same(first?.detail, { kind: 'first', databricks_job_id: '281874479417551' })
    t.match(second, { ...common, action: 'repair', client: 'operator', attempt: 2, ref: null, at: NOW })
    t.same(others, [])
  })

  t.test('the first wish to cancel is recorded, what becomes of it is not', async (t) => {
    const store = await fresh(t)
    const run = sampleRun()
    await store.insert(run)
    t.ok(await store.update(run, { cancel: CANCEL }))
    const wished = (await store.get(run.id)) ?? run
    t.ok(await store.update(wished, { cancel: { ...CANCEL, sent_at: NOW + 1 } }))
    const [event, ...others] = await store.events({ limit: 10, action: 'cancel' })
    const { sent_at, asked_at, ...who } = CANCEL
    const what = { action: 'cancel', result: 'asked', job: run.job, run_id: run.id, attempt: 1, workspace: 'main' }
    t.match(event, { ...who, ...what, at: asked_at })
    t.same(others, [])
  })

  t.test('what is recorded with a change is there only if the change is', async (t) => {
    const store = await fresh(t)
    const run = sampleRun({}, { state: 'UNCONFIRMED', result: 'KO' })
    await store.insert(run)
    const again = { state: 'SUBMITTING', result: '' } as const
    const won = await Promise.all([1, 2, 3].map((at) => store.update(run, again, undefined, { ...RELOAD, at })))
    t.equal(won.filter(Boolean).length, 1)
    t.same(
      (await store.events({ limit: 10, action: 'reload' })).map(({ at }) => at),
      [won.indexOf(true) + 1],
    )
  })

  t.test('of writes that come at the same time the winner is recorded', async (t) => {
    const store = await fresh(t)
    const runs = Array.from({ length: 60 }, (_, index) => sampleRun({ key: `key-${index % 6}` }))
    await Promise.all(runs.map((run) => store.insert(run)))
    const held = await store.list({ jobs: null, limit: 100 })
    const triggers = await store.events({ limit: 100 })
    t.same(triggers.map(({ run_id }) => run_id).sort(), held.map(({ id }) => id).sort())
    const [run = sampleRun()] = held
    const wishes = Array.from({ length: 10 }, (_, i) => ({ cancel: { ...CANCEL, client: `client-${i}` } }))
    await Promise.all(wishes.map((wish) => store.update(run, wish)))
    const cancels = await store.events({ limit: 100, run_id: run.id, action: 'cancel' })
    t.same(
      cancels.map(({ client }) => client),
      [(await store.get(run.id))?.attempt.cancel?.client],
    )
  })

  t.test('what is undone was not recorded', async (t) => {
    const store = await fresh(t)
    const run = sampleRun()
    await store.insert(run)
    await t.rejects(store.insert({ ...run, key: 'other' }), LedgerError)
    t.notOk(await store.addAttempt({ ...run, version: 7 }, sampleAttempt({ number: 2 })))
    t.equal((await store.events({ limit: 10 })).length, 1)
  })

  t.test('whatever is done, the events are those of the attempts and cancels that there are', async (t) => {
    await fc.assert(
      fc.asyncProperty(operations, async (steps) => {
        const store = await open()
        try {
          const seen: Run[] = []
          for (const [index, step] of steps.entries()) {
            await step.run(store, seen, index)
            seen.push(...(await store.list({ jobs: null, limit: 100 })))
          }
          deepEqual(await recorded(store), await expected(store))
        } finally {
          await store.close()
        }
      }),
      { numRuns: sequences },
    )
    t.pass(`in ${sequences} random sequences`)
  })

  t.test('lists by every filter, newest first, page by page', async (t) => {
    const store = await fresh(t)
    const given = fc.sample(events, { numRuns: 120, seed: 20_261_122 })
    for (const event of given) await store.recordEvent(event)
    const all = await store.events({ limit: 1_000 })
    const withoutId = all.map(({ id: _, ...event }) => event)
    t.same(byText(withoutId), byText(given), 'every field as it was given')
    t.same(
      all
        .map(({ id }) => id)
        .sort()
        .reverse(),
      all.map(({ id }) => id),
    )
    await fc.assert(
      fc.asyncProperty(filters, async (filter) => {
        const wanted = all.filter((event) => matches(event, filter))
        deepEqual(await store.events(filter), wanted.slice(0, filter.limit))
        deepEqual(await readPages(store, { ...filter, limit: 7 }), wanted)
      }),
      { numRuns: 60 },
    )
  })

  t.test('new events do not move the pages of those before', async (t) => {
    const store = await fresh(t)
    for (let i = 0; i < 10; i++) await store.recordEvent({ ...RELOAD, at: NOW + i })
    const before = await store.events({ limit: 10 })
    const pages: RecordedEvent[] = []
    for (let i = 0; i < 5; i++) {
      pages.push(...(await store.events({ limit: 2, ...(pages.length > 0 && { before: pages.at(-1)?.id ?? '' }) })))
      await store.recordEvent({ ...RELOAD, at: NOW + 100 + i })
    }
    t.same(pages, before)
  })

  t.test('they outlive their runs, and go a few at a time after their own retention', async (t) => {
    const store = await fresh(t)
    const OLD = NOW - 500 * DAY_MS
    const run = sampleRun({ created_at: OLD }, { state: 'FAILED', result: 'KO', finished_at: OLD, due_at: null })
    await store.insert(run)
    for (let i = 1; i < 5; i++) await store.recordEvent({ ...RELOAD, at: OLD + i * 200 * DAY_MS })
    await store.recordEvent({ ...RELOAD, at: OLD + 1 })
    const round = { endedBefore: NOW, tombstonesBefore: 0, eventsBefore: 0, now: NOW, limit: 2 }
    const left = async () => (await store.events({ limit: 10 })).length
    t.notOk(await store.purge(round))
    t.equal(await store.get(run.id), undefined)
    t.equal(await left(), 6)
    t.ok(await store.purge({ ...round, eventsBefore: OLD + 400 * DAY_MS }), 'there may be more')
    t.equal(await left(), 4)
    t.notOk(await store.purge({ ...round, eventsBefore: OLD + 400 * DAY_MS }))
    t.same(
      (await store.events({ limit: 10 })).map(({ at }) => (at - OLD) / DAY_MS),
      [800, 600, 400],
      'the oldest went, one at the bound stays',
    )
  })
}

async function recorded(store: RunStore): Promise<string[]> {
  const found = await store.events({ limit: 1_000 })
  return found
    .map(({ action, at, client, run_id, attempt, ref }) => tell(action, at, client, run_id, attempt, ref))
    .sort()
}

async function expected(store: RunStore): Promise<string[]> {
  const runs = await store.list({ jobs: null, limit: 1_000 })
  const lines = runs.map(async ({ id }) =>
    (await store.attempts(id)).flatMap(({ number, kind, created_at, client, ref, cancel }) => [
      tell(kind === 'repair' ? 'repair' : 'trigger', created_at, client, id, number, ref),
      ...(cancel ? [tell('cancel', cancel.asked_at, cancel.client, id, number, cancel.ref)] : []),
    ]),
  )
  return (await Promise.all(lines)).flat().sort()
}

function tell(...parts: (string | number | null)[]): string {
  return JSON.stringify(parts)
}

function byText(values: object[]): string[] {
  return values.map((value) => JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))).sort()
}

async function readPages(store: RunStore, filter: EventFilter): Promise<RecordedEvent[]> {
  const read: RecordedEvent[] = []
  for (;;) {
    const last = read.at(-1)
    const page = await store.events({ ...filter, ...(last && { before: last.id }) })
    read.push(...page)
    if (page.length < filter.limit) return read
  }
}
