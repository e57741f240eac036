import fc from 'fast-check'
import t from 'tap'
import type { ActiveCount, UnfinishedRun } from '../../src/runs/store.ts'
import { countOverdue, overdueAfter } from '../../src/runs/watch/overdue.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

const table: [what: string, usual: { median: number; p90: number }, after: number][] = [
  ['a job of seconds may wait for a cluster', { median: 2 * SECOND, p90: 2 * SECOND }, 5 * MINUTE + 2 * SECOND],
  ['a job of minutes too', { median: 8 * MINUTE, p90: 9 * MINUTE }, 14 * MINUTE],
  ['a steady job may take half as long again', { median: 58 * MINUTE, p90: HOUR }, 90 * MINUTE],
  ['a job whose run times differ may take longer', { median: HOUR, p90: 2 * HOUR }, 4 * HOUR],
]

for (const [what, usual, after] of table) {
  t.test(`overdue: ${what}`, async (t) => t.equal(overdueAfter(usual), after))
}

t.test('no run within the usual time and some minutes is overdue', async () => {
  const span = fc.double({ min: 0, max: 1e9, noNaN: true })
  fc.assert(
    fc.property(span, span, (a, b) => {
      const usual = { median: Math.min(a, b), p90: Math.max(a, b) }
      return overdueAfter(usual) >= usual.p90 + 5 * MINUTE
    }),
  )
})

const NOW = Date.UTC(2026, 10, 22)
const usual = new Map([['load', { median: HOUR, p90: HOUR }]])

/** Counts over these runs; `asked` are the jobs whose runs were read. */
async function count(runs: UnfinishedRun[]) {
  const asked: string[][] = []
  const store = {
    async unfinished(jobs: string[]) {
      asked.push(jobs)
      return runs.filter(({ job }) => jobs.includes(job))
    },
  }
  const active: ActiveCount[] = runs.map(({ job, state, since }) => ({
    ...{ job, state, workspace: 'main', count: 1, oldest_since: since },
  }))
  return { counts: Object.fromEntries(await countOverdue(store, { active, usual, now: NOW })), asked }
}

const run = (state: UnfinishedRun['state'], minutes: number | null, job = 'load'): UnfinishedRun => ({
  ...{ job, state, since: minutes === null ? null : NOW - minutes * MINUTE },
})

t.test('each run that has begun counts from its own start', async (t) => {
  const runs = [run('RUNNING', 91), run('PENDING', 200), run('RUNNING', 90), run('RUNNING', 3)]
  t.same((await count(runs)).counts, { load: 2 })
})

t.test('what waits, what has no history and what has no known start is not overdue', async (t) => {
  const runs = [run('QUEUED', 600), run('SUBMITTING', 600), run('RUNNING', null), run('RUNNING', 600, 'new')]
  t.same(await count(runs), { counts: {}, asked: [] })
})

t.test('while no oldest run is late, no run is read', async (t) => {
  t.same(await count([run('RUNNING', 90), run('PENDING', 2)]), { counts: {}, asked: [] })
  t.same((await count([run('RUNNING', 91), run('RUNNING', 91, 'new')])).asked, [['load']])
})
