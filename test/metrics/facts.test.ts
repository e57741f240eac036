import t from 'tap'
import type { Attempt } from '../../src/runs/run.ts'
import { LedgerError } from '../../src/runs/store.ts'
import { makeRun } from '../support/make-run.ts'
import { readValue } from '../support/metric-samples.ts'
import { createSources, createTestMetrics, NOW } from '../support/test-metrics.ts'

t.test('a run that moves is counted once for each thing that happens to it', async (t) => {
  const { metrics, scrape } = await createTestMetrics(t)
  const first = makeRun({ attempt: { tries_in_doubt: 0 } })
  const steps: Partial<Attempt>[] = [
    { state: 'PENDING', databricks_run_id: '7', observed_at: null },
    { state: 'RUNNING', observed_at: NOW - 5_000 },
    { state: 'FAILED', result: 'KO', observed_at: NOW, finished_at: NOW - 4_000, run_ms: 54_000, queue_ms: 2_000 },
    { message: 'completed later' },
  ]
  metrics.moved({ before: undefined, run: first })
  let { attempt } = first
  for (const step of steps) {
    const before = attempt
    attempt = { ...attempt, ...step }
    metrics.moved({ before, run: { ...first, attempt } })
  }
  metrics.moved({ before: undefined, run: makeRun({ attempt: { number: 2, kind: 'new' } }) })

  const samples = await scrape()
  const labels = { workspace: 'main', result: 'KO' }
  t.equal(readValue(samples, 'job_gateway_attempts_total', { job: 'nightly-load', kind: 'first' }), 1)
  t.equal(readValue(samples, 'job_gateway_attempts_total', { job: 'nightly-load', kind: 'new' }), 1)
  t.equal(readValue(samples, 'job_gateway_run_duration_seconds_sum', labels), 54)
  t.equal(readValue(samples, 'job_gateway_run_duration_seconds_count', labels), 1)
  t.equal(readValue(samples, 'job_gateway_run_queue_seconds_sum', labels), 2)
  t.equal(readValue(samples, 'job_gateway_outcome_lag_seconds_sum', { workspace: 'main' }), 4)
  t.equal(readValue(samples, 'job_gateway_submit_recovered_total'), 0)
  t.equal(readValue(samples, 'job_gateway_duplicates_prevented_total'), 0)
})

t.test('lost answers that are found, and second starts that are not made', async (t) => {
  const { metrics, scrape } = await createTestMetrics(t)
  const lost = makeRun({ attempt: { tries: 2, tries_in_doubt: 2 } })
  const found = makeRun({ attempt: { state: 'PENDING', databricks_run_id: '7', tries: 2, tries_in_doubt: 1 } })
  const old = makeRun({ attempt: { ...found.attempt, recovered: true } })
  metrics.moved({ before: lost.attempt, run: found })
  metrics.moved({ before: found.attempt, run: old })
  for (const answer of ['started', 'attached', 'replayed', 'submitting', 'rejected', 'refused', 'dry_run'] as const)
    metrics.triggered('nightly-load', 'control-m', answer)

  const samples = await scrape()
  t.equal(readValue(samples, 'job_gateway_submit_recovered_total'), 1)
  t.equal(
    readValue(samples, 'job_gateway_duplicates_prevented_total'),
    3,
    'attached, replayed, and an old run found again',
  )
})

t.test('what is told of Databricks', async (t) => {
  const { metrics, scrape } = await createTestMetrics(t)
  const { sources } = createSources()
  metrics.readFrom(sources)
  const observer = metrics.databricksObserver('main')
  const gauges = async () => {
    const samples = await scrape()
    const of = (name: string) => readValue(samples, `job_gateway_databricks_${name}`, { workspace: 'main' })
    return { up: of('up'), refused: of('credential_refused') }
  }

  t.same(await gauges(), { up: 1, refused: 0 })
  observer.up(false)
  observer.credentialRefused(true)
  t.same(await gauges(), { up: 0, refused: 1 })
  observer.up(true)
  observer.credentialRefused(false)
  t.same(await gauges(), { up: 1, refused: 0 })

  for (let i = 0; i < 4; i++) observer.request('runs_get', '503', 0.1)
  observer.request('runs_list', '200', 0.2)
  observer.tokenRefresh('refused')
  observer.retry('run_now', 'transient')
  const samples = await scrape()
  const main = { workspace: 'main' }
  t.equal(
    readValue(samples, 'job_gateway_databricks_requests_total', { ...main, endpoint: 'runs_get', code: '503' }),
    4,
  )
  t.equal(
    readValue(samples, 'job_gateway_databricks_request_duration_seconds_count', { ...main, endpoint: 'runs_list' }),
    1,
  )
  t.equal(
    readValue(samples, 'job_gateway_databricks_retries_total', { ...main, endpoint: 'run_now', reason: 'transient' }),
    1,
  )
  t.equal(readValue(samples, 'job_gateway_databricks_token_refreshes_total', { ...main, result: 'refused' }), 1)
  t.equal(
    readValue(samples, 'job_gateway_databricks_secret_expiry_timestamp_seconds', main),
    Date.UTC(2027, 0, 31) / 1000,
  )
  t.equal(readValue(samples, 'job_gateway_databricks_access_token_expiry_timestamp_seconds', main), NOW / 1000 + 3_600)
  t.equal(readValue(samples, 'job_gateway_watch_leader', main), 1)
  t.equal(readValue(samples, 'job_gateway_databricks_budget_remaining_ratio', { ...main, endpoint: 'run_now' }), 0.25)
})

t.test('a token without an end has no expiry', async (t) => {
  const { metrics, scrape } = await createTestMetrics(t)
  const { sources } = createSources()
  metrics.readFrom({ ...sources, accessTokenExpiresAt: () => null, leads: () => false })
  const samples = await scrape()
  t.notOk(samples.some(({ name }) => name === 'job_gateway_databricks_access_token_expiry_timestamp_seconds'))
  t.equal(readValue(samples, 'job_gateway_watch_leader', { workspace: 'main' }), 0)
})

t.test('operations of the ledger are timed by name, the failed ones too', async (t) => {
  const { metrics, scrape } = await createTestMetrics(t)
  const run = makeRun()
  const broken = new Error('locked')
  const work = { get: async () => run, getByKey: () => Promise.reject(broken) }
  // Only what is called has to be there.
  const store = metrics.timeStore(work as unknown as Parameters<typeof metrics.timeStore>[0])
  t.equal(await store.get(run.id), run)
  await t.rejects(store.getByKey('a', 'b', 'c'), broken)
  const samples = await scrape()
  for (const op of ['get', 'get_by_key'])
    t.equal(readValue(samples, 'job_gateway_ledger_request_duration_seconds_count', { op }), 1, op)
  t.equal(metrics.ledgerFailingSince(), undefined, 'the database refused nothing')
})

t.test('since when the ledger fails', async (t) => {
  const { metrics } = await createTestMetrics(t)
  const work = { get: async () => makeRun(), size: () => Promise.reject(new LedgerError('disk I/O error')) }
  // Only what is called has to be there.
  const store = metrics.timeStore(work as unknown as Parameters<typeof metrics.timeStore>[0])
  t.equal(metrics.ledgerFailingSince(), undefined)
  await t.rejects(store.size(), LedgerError)
  t.equal(metrics.ledgerFailingSince(), NOW)
  await store.get('a')
  t.equal(metrics.ledgerFailingSince(), undefined)
})

t.test('a read that succeeds does not say that writes do', async (t) => {
  const { metrics } = await createTestMetrics(t)
  let full = true
  const work = {
    get: async () => makeRun(),
    lease: async () => {
      if (full) throw new LedgerError('database or disk is full')
      return true
    },
  }
  // Only what is called has to be there.
  const store = metrics.timeStore(work as unknown as Parameters<typeof metrics.timeStore>[0])
  await t.rejects(store.lease('watch', 'a', 1), LedgerError)
  await store.get('a')
  t.equal(metrics.ledgerFailingSince(), NOW)
  full = false
  await store.lease('watch', 'a', 1)
  t.equal(metrics.ledgerFailingSince(), undefined)
})
