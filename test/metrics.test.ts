import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { ERROR_CODES } from '../src/runs/errors.ts'
import { makeRun } from './support/make-run.ts'
import { readSamples, readValue } from './support/metric-samples.ts'
import { createSources, createTestMetrics, NOW } from './support/test-metrics.ts'

t.test('a label is a name of the configuration or of a closed set, whatever callers send', async (t) => {
  const { metrics, scrape } = await createTestMetrics(t)
  const closed = (await scrape()).length
  const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', 'constructor', 'control-m'))
  fc.assert(
    fc.property(anything, anything, anything, (job, client, method) => {
      metrics.triggered(job, client, 'refused')
      metrics.refused(client, 'unknown-job')
      metrics.served({ method, route: undefined, status: 404, seconds: 0.001 })
      metrics.moved({ before: undefined, run: makeRun({ job }) })
    }),
  )
  const samples = await scrape()
  const values = (label: string) => new Set(samples.flatMap(({ labels }) => labels[label] ?? []))
  const allowed: Record<string, string[]> = {
    job: ['unknown', 'nightly-load', 'strict'],
    client: ['unknown', 'control-m'],
    http_request_method: ['_OTHER'],
  }
  for (const [label, names] of Object.entries(allowed))
    t.same(
      [...values(label)].filter((value) => !names.includes(value)),
      [],
      `values of ${label}`,
    )
  t.ok(samples.length < closed + 50, 'the number of series is bounded')
})

/** A scrape in which every metric has a sample. */
async function scrapeEverything(t: Test): Promise<string> {
  const { metrics } = await createTestMetrics(t)
  const { sources } = createSources({
    summaries: [
      {
        job: 'strict',
        last_result: 'OK',
        last_finished_at: NOW,
        last_run_ms: 1,
        last_success_at: NOW,
        recent_run_ms: [1],
      },
    ],
    expectations: [{ job: 'nightly-load', since: NOW }],
    pauses: [
      {
        ...{ scope: 'all', name: '', mode: 'hold', message: '', until_at: null },
        ...{ paused_by: 'platform', paused_at: NOW },
      },
    ],
  })
  metrics.readFrom(sources)
  metrics.triggered('nightly-load', 'control-m', 'started')
  metrics.moved({ before: undefined, run: makeRun() })
  const done = { state: 'SUCCEEDED', result: 'OK', observed_at: NOW, finished_at: NOW, run_ms: 1, queue_ms: 1 } as const
  metrics.moved({ before: makeRun().attempt, run: makeRun({ attempt: done }) })
  metrics.unknownState()
  metrics.served({ method: 'GET', route: '/runs/:id', status: 200, seconds: 0.002 })
  metrics.waited(12)
  for (const code of ERROR_CODES) metrics.refused('control-m', code)
  metrics.authenticationFailed('missing')
  const observer = metrics.databricksObserver('main')
  observer.request('run_now', '200', 0.1)
  observer.retry('run_now', 'throttled')
  observer.tokenRefresh('ok')
  await metrics.timeStore({ size: async () => 1 } as unknown as Parameters<typeof metrics.timeStore>[0]).size()
  return metrics.scrape()
}

t.test('every metric of the contract is there and says what it is', async (t) => {
  const text = await scrapeEverything(t)
  const names = new Set(readSamples(text).map(({ name }) => name.replace(/_(?:bucket|sum|count)$/, '')))
  const contract = `
    triggers_total runs_finished_total runs_active submitting_oldest_age_seconds queued_oldest_age_seconds runs_overdue
    job_expected_every_seconds job_expected_since_timestamp_seconds
    job_info job_last_result job_last_success_timestamp_seconds job_last_duration_seconds job_usual_duration_seconds
    run_duration_seconds run_queue_seconds outcome_lag_seconds watch_oldest_observation_age_seconds watch_leader
    databricks_stale_runs databricks_up databricks_requests_total databricks_request_duration_seconds
    databricks_retries_total databricks_credential_refused databricks_secret_expiry_timestamp_seconds
    databricks_access_token_expiry_timestamp_seconds databricks_token_refreshes_total attempts_total
    duplicates_prevented_total submit_recovered_total unknown_states_total waiters wait_seconds refusals_total
    auth_failures_total pause_started_timestamp_seconds ledger_up ledger_request_duration_seconds ledger_size_bytes build_info`
  for (const name of contract.trim().split(/\s+/)) t.ok(names.has(`job_gateway_${name}`), name)
  for (const name of [
    'http_server_request_duration_seconds',
    'process_cpu_seconds_total',
    'nodejs_eventloop_lag_p99_seconds',
  ])
    t.ok(names.has(name), name)
  t.equal(readValue(readSamples(text), 'job_gateway_build_info', { version: '1.2.3', instance: 'test' }), 1)
  t.notMatch(text, /^# HELP \S+ *$/m, 'no empty help')
})

const noPromtool = spawnSync('promtool', ['--version']).error ? 'promtool is not on PATH' : false

t.test('promtool finds nothing to say', { skip: noPromtool }, async (t) => {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: await scrapeEverything(t) })
  t.equal(`${stdout}${stderr}`, '')
  t.equal(status, 0)
})
