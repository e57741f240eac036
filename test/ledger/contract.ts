import { deepEqual } from 'node:assert/strict'
import fc from 'fast-check'
import type { Test } from 'tap'
import type { Run } from '../../src/runs/run.ts'
import { LedgerError, type RunStore } from '../../src/runs/store.ts'
import { createModel } from './model.ts'
import { filters, operations, readAll, type Subject } from './operations.ts'
import { sampleAttempt, sampleRun } from './sample.ts'

const ALL = { jobs: null, limit: 1_000 }

/** What every store of runs must do. `open` gives an empty one; `sequences`: how many random ones are compared. */
export function runStoreContract(t: Test, open: () => Promise<RunStore>, { sequences = 80 } = {}): void {
  const fresh = async (t: Test) => {
    const store = await open()
    t.teardown(() => store.close())
    return store
  }

  t.test('gives back what was written, every field', async (t) => {
    const store = await fresh(t)
    const run = sampleRun(
      { key: 'LOAD-1', rerun_ids: ['1', '2'], version: 4 },
      {
        state: 'FAILED',
        result: 'KO',
        cause: 'library',
        failure: { cause: 'library', task_key: null, message: 'línea "1"', retryable: false, repairable: true },
        databricks_run_id: '9007199254740993',
        recovered: true,
        tasks: [{ task_key: 'load', state: 'FAILED', databricks_run_id: null, attempt: 2, message: '\u0000' }],
        task_counts: { total: 1, succeeded: 0, running: 0, pending: 0, failed: 1, skipped: 0 },
        finished_at: 1_795_000_000_000,
      },
    )
    t.same(await store.insert(run), { inserted: true })
    t.same(await store.get(run.id), run)
    t.same(await store.getByKey(run.client_id, run.job, 'LOAD-1'), run)
    t.same(await store.attempts(run.id), [run.attempt])
    t.same(await store.get('nothing'), undefined)
    t.same(await store.getByKey(run.client_id, run.job, 'LOAD'), undefined)
  })

  t.test('does what the model does, whatever is asked of it', async (t) => {
    await fc.assert(
      fc.asyncProperty(operations, filters, async (steps, lists) => {
        const store = await open()
        try {
          const model = createModel()
          const seen: Run[] = []
          for (const [index, step] of steps.entries()) {
            const known = [...seen]
            same(await step.run(store, known, index), await step.run(model, known, index))
            seen.push(...(await newSights(model, seen)))
          }
          same(await readAll(store, seen, lists), await readAll(model, seen, lists))
        } finally {
          await store.close()
        }
      }),
      { numRuns: sequences },
    )
    t.pass(`in ${sequences} random sequences`)
  })

  t.test('a key is of one client and one job', async (t) => {
    const store = await fresh(t)
    for (const [client_id, job] of [
      ['a', 'b'],
      ['a","b', ''],
      ['', 'a","b'],
      ['b', 'a'],
    ] as const) {
      t.ok((await store.insert(sampleRun({ client_id, job, key: 'k' }))).inserted, `${client_id} ${job}`)
    }
  })

  t.test('a job is expected since it was first asked for', async (t) => {
    const store = await fresh(t)
    t.same(await store.expectedSince([], 1_000), [])
    const first = { job: 'load', since: 1_000 }
    t.same(await store.expectedSince(['load'], 1_000), [first])
    t.same(await store.expectedSince(['load', 'report'], 2_000), [first, { job: 'report', since: 2_000 }])
    t.same(await store.expectedSince(['load'], 3_000), [first])
    const asked = await Promise.all([4_000, 5_000].map((now) => store.expectedSince(['new'], now)))
    t.same(asked[0], asked[1], 'two who ask at once are told the same')
  })

  t.test('an attempt that has a successor has no next step', async (t) => {
    const store = await fresh(t)
    const run = sampleRun({}, { state: 'UNCONFIRMED', result: 'KO', due_at: 1_000 })
    await store.insert(run)
    t.equal(await store.nextDue('main', 'submit', 0), 1_000)
    t.ok(await store.addAttempt(run, sampleAttempt({ number: 2, due_at: 2_000 })))
    t.equal(await store.nextDue('main', 'submit', 0), 2_000)
    t.equal((await store.dueSubmissions('main', 3_000, 10)).length, 1)
  })

  t.test('a write that fails does not undo those beside it', async (t) => {
    const store = await fresh(t)
    const run = sampleRun()
    const settled = await Promise.allSettled([
      store.insert(sampleRun()),
      store.insert(run),
      store.insert({ ...run, key: 'other' }),
      store.insert(sampleRun()),
    ])
    const failed = settled.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
    t.equal(failed.length, 1, 'one of the two with the same id')
    t.type(failed[0], LedgerError)
    t.equal((await store.list(ALL)).length, 3)
  })

  t.test('bounds of time include their own instant', async (t) => {
    const store = await fresh(t)
    const run = sampleRun()
    await store.insert(run)
    const at = run.created_at
    t.equal((await store.list({ ...ALL, since: at, until: at })).length, 1)
    t.equal((await store.list({ ...ALL, until: at - 1 })).length, 0)
    t.equal((await store.list({ ...ALL, since: at + 1 })).length, 0)
  })

  t.test('lists by many jobs page by page, newest first', async (t) => {
    const store = await fresh(t)
    const jobs = Array.from({ length: 450 }, (_, index) => `job-${index}`)
    const runs = jobs.map((job, index) => sampleRun({ job, created_at: 1_795_000_000_000 + index }))
    await Promise.all(runs.map((run) => store.insert(run)))
    for (const count of [450, 150]) {
      const filter = { jobs: jobs.slice(0, count), limit: 100 }
      const first = await store.list(filter)
      const second = await store.list({ ...filter, before: first.at(-1)?.id ?? '' })
      t.same([...first, ...second], runs.slice(0, count).reverse().slice(0, 200))
    }
  })

  t.test('keeps the first output of an attempt', async (t) => {
    const store = await fresh(t)
    const run = sampleRun()
    await store.insert(run)
    t.equal(await store.output(run.id, 1), undefined)
    const output = {
      task_key: 'load',
      state: 'FAILED',
      databricks_run_id: '1',
      attempt: 0,
      error: 'x',
      error_trace: 'Ñ\n',
    }
    const kept = [{ ...output, notebook_exit: null, logs: null, truncated: false, unreadable: null }]
    await store.keepOutput(run.id, 1, kept)
    await store.keepOutput(run.id, 1, [])
    t.same(await store.output(run.id, 1), kept)
    t.equal(await store.output(run.id, 2), undefined)
  })

  t.test('closes after the writes that were asked for, and takes no more', async (t) => {
    const store = await open()
    const [first, second] = await Promise.all([store.insert(sampleRun()), store.insert(sampleRun()), store.close()])
    t.same([first, second], [{ inserted: true }, { inserted: true }])
    await t.rejects(store.insert(sampleRun()))
  })

  t.test('tells its size', async (t) => {
    t.ok((await (await fresh(t)).size()) > 0)
  })
}

/** The runs as they are, without those that were seen so already. */
async function newSights(store: Subject, seen: Run[]): Promise<Run[]> {
  const known = new Set(seen.map((run) => JSON.stringify(run)))
  return (await store.list(ALL)).filter((run) => !known.has(JSON.stringify(run)))
}

/** As JSON: rows may come without a prototype, and what is undefined may be missing. */
function same(found: unknown, wanted: unknown): void {
  const plain = (value: unknown) => JSON.parse(JSON.stringify(value ?? null))
  deepEqual(plain(found), plain(wanted))
}
