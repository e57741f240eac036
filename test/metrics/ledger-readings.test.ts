import fc from 'fast-check'
import t from 'tap'
import type { Pause } from '../../src/runs/pause.ts'
import { CAUSES, DONE_STATES } from '../../src/runs/run.ts'
import type { ActiveCount, Ending, JobSummary, UnfinishedRun } from '../../src/runs/store.ts'
import { readValue } from '../support/metric-samples.ts'
import { createSources, createTestMetrics, NOW } from '../support/test-metrics.ts'

const last = { last_finished_at: NOW, last_run_ms: 60_000 }
const failed = (job: string): JobSummary => ({
  ...{ job, ...last, last_result: 'KO', last_success_at: null, recent_run_ms: [] },
})
const succeeded = (job: string, recent_run_ms: number[]): JobSummary => ({
  ...{ job, ...last, last_result: 'OK', last_success_at: NOW, recent_run_ms },
})

t.test('the totals are those of the ledger, from 0 for every job of the catalogue', async (t) => {
  const { metrics, scrape } = await createTestMetrics(t)
  const failed = { job: 'nightly-load', state: 'FAILED', result: 'KO', cause: 'user_code' } as const
  const endings: (Ending & { count: number })[] = []
  const { sources } = createSources({ endings })
  metrics.readFrom(sources)

  const finished = 'job_gateway_runs_finished_total'
  const before = await scrape()
  for (const job of ['nightly-load', 'strict']) {
    for (const state of DONE_STATES) {
      const some = before.filter((sample) => sample.name === finished && sample.labels['job'] === job)
      t.ok(
        some.some(({ labels, value }) => labels['state'] === state && value === 0),
        `${job} ${state} from 0`,
      )
    }
  }
  t.equal(readValue(before, finished, { job: 'nightly-load', state: 'PARTIAL', result: 'OK', cause: '' }), 0)
  t.equal(readValue(before, finished, { job: 'strict', state: 'PARTIAL', result: 'KO' }), 0)

  endings.push({ ...failed, count: 7 })
  t.equal(readValue(await scrape(), finished, failed), 7)
  t.equal(readValue(await scrape(), finished, failed), 7, 'a scrape adds nothing')
})

t.test('whatever rows the ledger holds, the scrape shows exactly them', async (t) => {
  const { metrics, scrape } = await createTestMetrics(t)
  const ending = fc.record({
    job: fc.constantFrom('nightly-load', 'strict', 'left-the-catalogue'),
    state: fc.constantFrom(...DONE_STATES),
    result: fc.constantFrom('OK', 'KO'),
    cause: fc.constantFrom('', ...CAUSES),
    count: fc.nat({ max: 2 ** 40 }),
  })
  const keyOf = ({ job, state, result, cause }: { [label in 'job' | 'state' | 'result' | 'cause']?: string }) =>
    `${job} ${state} ${result} ${cause}`
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(ending, { selector: keyOf }), async (endings) => {
      const rows = endings as (Ending & { count: number })[]
      const { sources } = createSources({ endings: rows })
      metrics.readFrom(sources)
      const shown = (await scrape()).filter(({ name }) => name === 'job_gateway_runs_finished_total')
      const counts = new Map(rows.map((row) => [keyOf(row), row.count]))
      t.ok(
        rows.every((row) => shown.some(({ labels }) => keyOf(labels) === keyOf(row))),
        'every row is shown',
      )
      return shown.every(({ labels, value }) => value === (counts.get(keyOf(labels)) ?? 0))
    }),
    { numRuns: 25 },
  )
})

t.test('gauges of unfinished runs come from one look at the ledger', async (t) => {
  const { metrics, scrape } = await createTestMetrics(t)
  const row = { workspace: 'main', count: 1 }
  const active: ActiveCount[] = [
    { ...row, job: 'nightly-load', state: 'SUBMITTING', count: 2, oldest_since: NOW - 5_000 },
    { ...row, job: 'strict', state: 'SUBMITTING', oldest_since: NOW - 9_000 },
    { ...row, job: 'strict', state: 'QUEUED', oldest_since: NOW - 60_000 },
    { ...row, job: 'strict', workspace: 'former', state: 'QUEUED', oldest_since: NOW - 30_000 },
    { ...row, job: 'left-the-catalogue', state: 'RUNNING', oldest_since: NOW - 1_000 },
  ]
  const observations = [{ workspace: 'main', oldest_observed_at: NOW - 70_000, stale: 2 }]
  const { sources, asked } = createSources({ active, observations })
  metrics.readFrom(sources)
  const samples = await scrape()

  const questions = ['activeCounts', 'endings', 'expectedSince nightly-load', 'jobSummaries']
  const stale = `observations before ${NOW - 60_000}`
  t.same(asked.toSorted(), [...questions, stale, 'size'], 'each question once')
  const runs = 'job_gateway_runs_active'
  t.equal(readValue(samples, runs, { job: 'nightly-load', state: 'SUBMITTING' }), 2)
  t.equal(readValue(samples, runs, { job: 'nightly-load', state: 'RUNNING' }), 0)
  t.equal(readValue(samples, runs, { job: 'strict', state: 'QUEUED' }), 2, 'of both workspaces')
  t.equal(readValue(samples, runs, { job: 'left-the-catalogue', state: 'RUNNING' }), 1)
  t.equal(readValue(samples, 'job_gateway_submitting_oldest_age_seconds', { workspace: 'main' }), 9)
  t.equal(readValue(samples, 'job_gateway_queued_oldest_age_seconds', { job: 'strict' }), 60)
  t.equal(readValue(samples, 'job_gateway_queued_oldest_age_seconds', { job: 'nightly-load' }), 0)
  t.equal(readValue(samples, 'job_gateway_watch_oldest_observation_age_seconds', { workspace: 'main' }), 70)
  t.equal(readValue(samples, 'job_gateway_databricks_stale_runs', { workspace: 'main' }), 2)
})

t.test('a start that is held for max_active is not stuck; one that should have gone is', async (t) => {
  const { metrics, scrape } = await createTestMetrics(t)
  const row = { job: 'strict', workspace: 'main' }
  for (const { running, age } of [
    { running: 2, age: 900 },
    { running: 3, age: 0 },
  ]) {
    const active: ActiveCount[] = [
      { ...row, state: 'SUBMITTING', count: 5, oldest_since: NOW - 900_000 },
      { ...row, state: 'RUNNING', count: running, oldest_since: NOW - 1_000_000 },
    ]
    metrics.readFrom(createSources({ active }).sources)
    const shown = readValue(await scrape(), 'job_gateway_submitting_oldest_age_seconds', { workspace: 'main' })
    t.equal(shown, age, `${running} of 3 are in Databricks`)
  }
})

t.test('a start that a pause holds back is not stuck, and one that goes on after it is not yet', async (t) => {
  const { metrics, scrape } = await createTestMetrics(t)
  const pause: Pause = {
    ...{ scope: 'job', name: 'strict', mode: 'hold', message: '', until_at: null },
    ...{ paused_by: 'platform', paused_at: NOW - 800_000 },
  }
  const row = { job: 'strict', workspace: 'main', state: 'SUBMITTING', count: 5 } as const
  const active: ActiveCount[] = [
    { ...row, oldest_since: NOW - 900_000 },
    { ...row, job: 'nightly-load', oldest_since: NOW - 2_000 },
  ]
  for (const { until_at, age, shown } of [
    { until_at: null, age: 2, shown: pause.paused_at / 1000 },
    { until_at: NOW - 70_000, age: 70, shown: undefined },
  ]) {
    metrics.readFrom(createSources({ active, pauses: [{ ...pause, until_at }] }).sources)
    const samples = await scrape()
    t.equal(readValue(samples, 'job_gateway_submitting_oldest_age_seconds', { workspace: 'main' }), age)
    const labels = { scope: 'job', name: 'strict', mode: 'hold' }
    t.equal(readValue(samples, 'job_gateway_pause_started_timestamp_seconds', labels), shown)
  }
})

t.test('a run is overdue by the history of its job', async (t) => {
  const { metrics, scrape } = await createTestMetrics(t)
  const HOUR_MS = 3_600_000
  const row = { workspace: 'main', count: 1, state: 'RUNNING', oldest_since: NOW - 2 * HOUR_MS } as const
  const active: ActiveCount[] = [
    { ...row, job: 'nightly-load', count: 3 },
    { ...row, job: 'strict' },
    { ...row, job: 'left-the-catalogue' },
  ]
  const unfinished: UnfinishedRun[] = [
    { job: 'nightly-load', state: 'RUNNING', since: NOW - 2 * HOUR_MS },
    { job: 'nightly-load', state: 'PENDING', since: NOW - 2 * HOUR_MS },
    { job: 'nightly-load', state: 'RUNNING', since: NOW - HOUR_MS },
  ]
  const summaries = [succeeded('nightly-load', [HOUR_MS]), succeeded('left-the-catalogue', [3 * HOUR_MS])]
  const { sources, asked } = createSources({ active, summaries, unfinished })
  metrics.readFrom(sources)
  const samples = await scrape()
  const of = (job: string) => readValue(samples, 'job_gateway_runs_overdue', { job })
  t.equal(of('nightly-load'), 2)
  t.equal(of('strict'), 0, 'no history')
  t.equal(of('left-the-catalogue'), undefined)
  t.ok(asked.includes('unfinished nightly-load'), 'only of the job whose oldest run is late')
})

t.test('what a job last did', async (t) => {
  const { metrics, scrape } = await createTestMetrics(t)
  const summaries: JobSummary[] = [
    { ...failed('nightly-load'), last_run_ms: 1_500, last_success_at: NOW - 1_000 },
    { ...succeeded('strict', [80_000, 100_000, 90_000]), last_run_ms: null },
    { ...failed('left-the-catalogue'), last_run_ms: 1 },
  ]
  const { sources } = createSources({ summaries })
  metrics.readFrom(sources)
  const samples = await scrape()
  const of = (name: string, job: string) => readValue(samples, `job_gateway_${name}`, { job })

  t.same([of('job_last_result', 'nightly-load'), of('job_last_result', 'strict')], [0, 1])
  t.equal(of('job_last_success_timestamp_seconds', 'nightly-load'), (NOW - 1_000) / 1000)
  t.same([of('job_last_duration_seconds', 'nightly-load'), of('job_last_duration_seconds', 'strict')], [1.5, undefined])
  t.same(
    [of('job_usual_duration_seconds', 'nightly-load'), of('job_usual_duration_seconds', 'strict')],
    [undefined, 90],
  )
  t.equal(of('job_last_result', 'left-the-catalogue'), undefined, 'its last failure would alarm for ever')
  t.match(
    samples.find(({ name, labels }) => name === 'job_gateway_job_info' && labels['job'] === 'nightly-load')?.labels,
    { owner: 'risk-data', severity: 'page', workspace: 'main' },
  )
})

t.test('a ledger that fails costs its own figures only', async (t) => {
  const { metrics, scrape } = await createTestMetrics(t)
  const { sources } = createSources({
    endings: [{ job: 'strict', state: 'SUCCEEDED', result: 'OK', cause: '', count: 1 }],
  })
  const errors: unknown[] = []
  const broken = new Error('disk I/O error')
  const store = { ...sources.store, jobSummaries: () => Promise.reject(broken) }
  metrics.triggered('strict', 'control-m', 'started')

  t.equal(readValue(await scrape(), 'job_gateway_ledger_up'), 0, 'before it is there')
  metrics.readFrom(sources)
  t.equal(readValue(await scrape(), 'job_gateway_ledger_up'), 1)
  metrics.readFrom({ ...sources, store, onError: (error) => errors.push(error) })
  const samples = await scrape()

  t.same(errors, [broken])
  t.equal(readValue(samples, 'job_gateway_ledger_up'), 0)
  t.equal(readValue(samples, 'job_gateway_triggers_total'), 1)
  t.equal(readValue(samples, 'job_gateway_waiters'), 3)
  for (const name of ['runs_finished_total', 'runs_active', 'job_last_result', 'ledger_size_bytes'])
    t.notOk(
      samples.some((sample) => sample.name === `job_gateway_${name}`),
      `${name} is left out, not 0`,
    )

  metrics.readFrom(sources)
  const again = await scrape()
  t.equal(readValue(again, 'job_gateway_runs_finished_total', { job: 'strict', state: 'SUCCEEDED' }), 1)
  t.equal(readValue(again, 'job_gateway_ledger_size_bytes'), 4096)
})
