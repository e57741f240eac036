import { onceFor } from '../config/once-for.ts'
import type { Config } from '../config/schema.ts'
import type { Pauses } from '../runs/pauses.ts'
import { ACTIVE_STATES, type State } from '../runs/run.ts'
import type { ActiveCount, Ending, Expectation, JobSummary, Observation, RunStore } from '../runs/store.ts'
import type { Usual } from '../runs/watch/cadence.ts'
import { countOverdue } from '../runs/watch/overdue.ts'
import { summarise } from '../runs/watch/usual.ts'
import { possibleEndings } from './endings.ts'
import type { Instruments } from './instruments.ts'

export interface LedgerSources {
  store: Pick<
    RunStore,
    'endings' | 'activeCounts' | 'unfinished' | 'jobSummaries' | 'expectedSince' | 'observations' | 'size'
  >
  pauses: Pick<Pauses, 'of' | 'lastEnd'>
}

interface Reading {
  now: number
  endings: (Ending & { count: number })[]
  active: ActiveCount[]
  /** Without what a pause holds back. */
  unpaused: ActiveCount[]
  summaries: JobSummary[]
  observations: Observation[]
  size: number
  expectations: Expectation[]
  /** Of jobs with a history. */
  usual: Map<string, Usual>
  /** Overdue runs of jobs with any. */
  overdue: Map<string, number>
}

/** What the ledger says, each question asked once. */
export async function readLedger(
  { store, pauses }: LedgerSources,
  { expected, staleAfterMs, now }: { expected: string[]; staleAfterMs: number; now: number },
): Promise<Reading> {
  const [endings, active, summaries, observations, size, expectations] = await Promise.all([
    store.endings(),
    store.activeCounts(),
    store.jobSummaries(),
    store.observations(now - staleAfterMs),
    store.size(),
    store.expectedSince(expected, now),
  ])
  const usual = new Map(
    summaries.flatMap(({ job, recent_run_ms }) => {
      const known = summarise(recent_run_ms)
      return known ? [[job, known] as const] : []
    }),
  )
  const overdue = await countOverdue(store, { active, usual, now })
  const unpaused = leaveOutPaused(active, pauses)
  return { now, endings, active, unpaused, summaries, observations, size, expectations, usual, overdue }
}

/** Those that go on after a pause count from its end. */
function leaveOutPaused(counts: ActiveCount[], pauses: LedgerSources['pauses']): ActiveCount[] {
  return counts.flatMap((count) => {
    if (pauses.of(count)) return []
    const { oldest_since } = count
    return { ...count, oldest_since: oldest_since && Math.max(oldest_since, pauses.lastEnd(count) ?? oldest_since) }
  })
}

/**
 * Metrics that are the ledger's own figures: exact after any crash, the same on every replica. undefined: the ledger
 * could not be read, and then none of them is shown, for a counter that falls to 0 would be taken for a restart.
 */
export type ShowReading = (reading: Reading | undefined) => void

export function createLedgerReadings(
  { counter, gauge }: Instruments,
  current: () => Pick<Config, 'jobs' | 'workspaces'>,
): ShowReading {
  const up = gauge('ledger_up', '1 when the ledger answered this scrape.')
  const size = gauge('ledger_size_bytes', 'Size of the ledger.')
  const finished = counter('runs_finished_total', 'Attempts that have ended, of all times: the totals of the ledger.', [
    'job',
    'state',
    'result',
    'cause',
  ])
  const active = gauge('runs_active', 'Unfinished runs.', ['job', 'state'])
  const submitting = gauge(
    'submitting_oldest_age_seconds',
    'How long ago the oldest attempt that Databricks has not confirmed was accepted, those held for max_active or by a pause left out; 0: none.',
    ['workspace'],
  )
  const queued = gauge(
    'queued_oldest_age_seconds',
    'How long the oldest run that is queued in Databricks has been there; 0: none.',
    ['job'],
  )
  const overdue = gauge(
    'runs_overdue',
    'Unfinished runs, out of the queue, that take much longer since Databricks took them than the last OK runs of their job; 0: none, or no OK run so far.',
    ['job'],
  )
  const observed = gauge(
    'watch_oldest_observation_age_seconds',
    'Age of the oldest last observation of an unfinished run; 0: no run.',
    ['workspace'],
  )
  const stale = gauge('databricks_stale_runs', 'Unfinished runs not observed for twice the watch interval.', [
    'workspace',
  ])
  const lastResult = gauge('job_last_result', '1 when the newest ending is OK, 0 when KO.', ['job'])
  const lastSuccess = gauge('job_last_success_timestamp_seconds', 'When the last OK run ended.', ['job'])
  const lastDuration = gauge('job_last_duration_seconds', 'How long the newest ended run took.', ['job'])
  const usualDuration = gauge('job_usual_duration_seconds', 'Median of the last OK runs.', ['job'])
  const expectedSince = gauge(
    'job_expected_since_timestamp_seconds',
    'When the ledger first knew the job as one with expected_every: what a job without an OK run is measured from.',
    ['job'],
  )
  const all = [
    ...[finished, active, submitting, queued, overdue, observed, stale],
    ...[lastResult, lastSuccess, lastDuration, usualDuration, expectedSince],
  ]

  const possibleOf = onceFor((jobs: Config['jobs']) =>
    Object.entries(jobs).flatMap(([job, { partial_success }]) =>
      possibleEndings(partial_success).map((ending) => ({ job, ...ending })),
    ),
  )

  function showActive({ now, active: counts, unpaused, overdue: late, observations }: Reading): void {
    const { jobs, workspaces } = current()
    for (const job of Object.keys(jobs)) {
      for (const state of ACTIVE_STATES) active.set({ job, state }, 0)
      queued.set({ job }, 0)
      overdue.set({ job }, 0)
    }
    for (const workspace of Object.keys(workspaces)) {
      for (const metric of [submitting, observed, stale]) metric.set({ workspace }, 0)
    }
    // A job may have runs in two workspaces, after it was re-pointed.
    for (const { job, state, count } of counts) active.inc({ job, state }, count)
    for (const [job, runs] of late) overdue.set({ job }, runs)
    for (const [job, instant] of findOldest(counts, 'QUEUED', 'job')) queued.set({ job }, age(now, instant))
    // Where Databricks has as many runs of a job as it is to have, the others are held here.
    const inDatabricks = countInDatabricks(counts)
    const unheld = unpaused.filter(({ job }) => (inDatabricks.get(job) ?? 0) < (jobs[job]?.max_active ?? Infinity))
    for (const [workspace, instant] of findOldest(unheld, 'SUBMITTING', 'workspace'))
      submitting.set({ workspace }, age(now, instant))
    for (const { workspace, oldest_observed_at, stale: runs } of observations) {
      observed.set({ workspace }, age(now, oldest_observed_at))
      stale.set({ workspace }, runs)
    }
  }

  function showJobs({ summaries, usual, expectations }: Reading): void {
    const { jobs } = current()
    for (const { job, last_result, last_success_at, last_run_ms } of summaries) {
      // A job that left the catalogue would stand here with its last failure for ever.
      if (!Object.hasOwn(jobs, job)) continue
      lastResult.set({ job }, last_result === 'OK' ? 1 : 0)
      if (last_success_at !== null) lastSuccess.set({ job }, last_success_at / 1000)
      if (last_run_ms !== null) lastDuration.set({ job }, last_run_ms / 1000)
      const usually = usual.get(job)
      if (usually) usualDuration.set({ job }, usually.median / 1000)
    }
    for (const { job, since } of expectations) expectedSince.set({ job }, since / 1000)
  }

  return (reading) => {
    for (const metric of all) metric.reset()
    up.set(reading ? 1 : 0)
    if (!reading) return size.remove()
    size.set(reading.size)
    for (const labels of possibleOf(current().jobs)) finished.inc(labels, 0)
    for (const { count, ...labels } of reading.endings) finished.inc(labels, count)
    showActive(reading)
    showJobs(reading)
  }
}

/** Unfinished runs of each job, those left out that are still to be submitted. */
function countInDatabricks(counts: ActiveCount[]): Map<string, number> {
  const runs = new Map<string, number>()
  for (const { job, state, count } of counts) {
    if (state !== 'SUBMITTING') runs.set(job, (runs.get(job) ?? 0) + count)
  }
  return runs
}

/** Since when the oldest attempt in `state` counts, for each job or workspace where that is known of any. */
function findOldest(counts: ActiveCount[], state: State, by: 'job' | 'workspace'): Map<string, number> {
  const oldest = new Map<string, number>()
  for (const { oldest_since, ...count } of counts) {
    if (count.state !== state || oldest_since === null) continue
    oldest.set(count[by], Math.min(oldest.get(count[by]) ?? oldest_since, oldest_since))
  }
  return oldest
}

function age(now: number, instant: number): number {
  return Math.max(0, now - instant) / 1000
}
