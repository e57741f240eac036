import { collectDefaultMetrics, Registry } from 'prom-client'
import type { Clock } from './clock.ts'
import type { Config } from './config/schema.ts'
import { readSpan } from './config/span.ts'
import { createDatabricksFacts, type DatabricksFacts } from './metrics/databricks.ts'
import { describeMetrics, type MetricDescription } from './metrics/describe.ts'
import { createExposition } from './metrics/exposition.ts'
import { createHttpFacts, type HttpFacts } from './metrics/http.ts'
import { createInstruments, type Instruments } from './metrics/instruments.ts'
import { createLedgerReadings, type LedgerSources, readLedger } from './metrics/ledger-readings.ts'
import { createReloadFacts, type ReloadFacts } from './metrics/reloads.ts'
import { createRunFacts, type RunFacts } from './metrics/runs.ts'
import { createLedgerFacts, type LedgerFacts } from './metrics/timed-store.ts'
import type { Pauses } from './runs/pauses.ts'
import { readBounds } from './runs/watch/cadence.ts'

/** What is not told as it happens but read at each scrape. */
export interface Sources extends LedgerSources {
  pauses: Pick<Pauses, 'of' | 'lastEnd' | 'inForce'>
  /** Callers that wait now. */
  waiters: () => number
  /** Whether this process watches the workspace. */
  leads: (workspace: string) => boolean
  /** Epoch ms; null when none is held or it has no end. */
  accessTokenExpiresAt: (workspace: string) => number | null
  /** By endpoint, 0 to 1. */
  budgetRemaining: (workspace: string) => Record<string, number>
  onError: (error: unknown) => void
}

/** One function per fact; every label is a name of the configuration or of a closed set. */
export interface Metrics
  extends RunFacts,
    Omit<HttpFacts, 'showClients'>,
    LedgerFacts,
    ReloadFacts,
    Omit<DatabricksFacts, 'showWorkspaces'> {
  /** From now on scrapes read these; before, they show what was told. */
  readFrom(sources: Sources): void
  /** Everything in Prometheus' text format. The ledger in trouble costs its own figures only. */
  scrape(): Promise<string>
  /** What there is to scrape. */
  describe(): MetricDescription[]
  /** Media type of what `scrape` gives. */
  readonly contentType: string
}

type Shown = Pick<Config, 'jobs' | 'clients' | 'workspaces' | 'watch'>

export interface MetricsDeps {
  /** The configuration in force. */
  current: () => Shown
  version: string
  instance: string
  clock: Clock
}

export function createMetrics({ current, version, instance, clock }: MetricsDeps): Metrics {
  const registry = new Registry()
  const instruments = createInstruments(registry)
  const expose = createExposition(registry)
  registerProcess(registry)
  instruments
    .gauge('build_info', 'Always 1; version and instance of the gateway.', ['version', 'instance'])
    .set({ version, instance }, 1)
  const showJobs = createJobReadings(instruments)
  const showLedger = createLedgerReadings(instruments, current)
  const showProcess = createProcessReadings(instruments)
  const { showClients, ...httpFacts } = createHttpFacts(instruments, { registry, current })
  const { showWorkspaces, ...databricksFacts } = createDatabricksFacts(instruments, current)
  let sources: Sources | undefined

  async function read(from: Sources) {
    const { jobs, watch } = current()
    const expected = Object.keys(jobs).filter((job) => jobs[job]?.expected_every !== null)
    const staleAfterMs = 2 * readBounds(watch).maxMs
    try {
      return await readLedger(from, { expected, staleAfterMs, now: clock.now() })
    } catch (error) {
      from.onError(error)
      return undefined
    }
  }

  return {
    ...createRunFacts(instruments, { current, clock }),
    ...httpFacts,
    ...createLedgerFacts(instruments, clock),
    ...createReloadFacts(instruments, clock),
    ...databricksFacts,
    readFrom(given) {
      sources = given
    },
    async scrape() {
      showLedger(sources && (await read(sources)))
      const { jobs, workspaces } = current()
      showJobs(jobs)
      showWorkspaces()
      showClients()
      if (sources) showProcess(sources, Object.keys(workspaces))
      return expose()
    },
    describe: () => describeMetrics(registry),
    contentType: registry.contentType,
  }
}

/** Node's own metrics. Gauges named like counters are left out: `promtool check metrics` refuses them. */
function registerProcess(registry: Registry): void {
  collectDefaultMetrics({ register: registry })
  for (const things of ['handles', 'requests', 'resources'])
    registry.removeSingleMetric(`nodejs_active_${things}_total`)
}

/** What the catalogue says of the jobs. */
function createJobReadings({ gauge }: Instruments) {
  const info = gauge('job_info', 'Always 1; what the catalogue says of the job.', [
    'job',
    'owner',
    'severity',
    'workspace',
  ])
  const every = gauge(
    'job_expected_every_seconds',
    'expected_every of the jobs that have it. Alert: time() - (job_gateway_job_last_success_timestamp_seconds or job_gateway_job_expected_since_timestamp_seconds) > job_gateway_job_expected_every_seconds',
    ['job'],
  )
  return (jobs: Config['jobs']): void => {
    info.reset()
    every.reset()
    for (const [job, { owner = '', severity = '', workspace, expected_every }] of Object.entries(jobs)) {
      info.set({ job, owner, severity, workspace }, 1)
      if (expected_every !== null) every.set({ job }, readSpan(expected_every))
    }
  }
}

/** What this process holds in its memory. */
function createProcessReadings({ gauge }: Instruments) {
  const waiters = gauge('waiters', 'Callers that wait for a run now.')
  const leader = gauge('watch_leader', '1 while this process watches the workspace.', ['workspace'])
  const tokenExpiry = gauge('databricks_access_token_expiry_timestamp_seconds', 'When the access token in use ends.', [
    'workspace',
  ])
  const budget = gauge('databricks_budget_remaining_ratio', 'Share of the budget of requests that is left now.', [
    'workspace',
    'endpoint',
  ])
  const pauseStarted = gauge(
    'pause_started_timestamp_seconds',
    'Since when a pause is in force, for each that is: of a scope (all, workspace, job), or of what has this name in it.',
    ['scope', 'name', 'mode'],
  )
  return (sources: Sources, workspaces: string[]): void => {
    waiters.set(sources.waiters())
    for (const metric of [leader, tokenExpiry, budget, pauseStarted]) metric.reset()
    for (const { scope, name, mode, paused_at } of sources.pauses.inForce()) {
      pauseStarted.set({ scope, name, mode }, paused_at / 1000)
    }
    for (const workspace of workspaces) {
      leader.set({ workspace }, sources.leads(workspace) ? 1 : 0)
      const expiresAt = sources.accessTokenExpiresAt(workspace)
      if (expiresAt !== null) tokenExpiry.set({ workspace }, expiresAt / 1000)
      for (const [endpoint, remaining] of Object.entries(sources.budgetRemaining(workspace)))
        budget.set({ workspace, endpoint }, remaining)
    }
  }
}
