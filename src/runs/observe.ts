import type { Clock } from '../clock.ts'
import { DatabricksError } from '../databricks/errors.ts'
import type { DatabricksClient, Run as UpstreamRun } from '../databricks/types.ts'
import { sayWhoCanceled } from './endings.ts'
import { explainFailure } from './failure.ts'
import { latestRepairId } from './latest-repair.ts'
import { furthest, readOutcome } from './outcome.ts'
import type { Attempt, DoneState, Run } from './run.ts'
import { isDone } from './run.ts'
import type { AttemptChange, RunStore } from './store.ts'
import { findBrokenTask, reportTasks } from './tasks.ts'
import type { Transitions } from './transition.ts'

export interface ObserveDeps {
  store: RunStore
  transitions: Transitions
  clientFor: (attempt: Attempt) => DatabricksClient | undefined
  clock: Clock
  /** Whether a partial success counts as OK for the job. */
  partialOf: (job: string) => 'ok' | 'ko'
  /** When the run needs its next look, epoch ms. */
  nextLookAt: (run: Run, startedAt: number | null) => Promise<number>
  countUnknown: (value: string) => void
}

/**
 * Takes what Databricks said of a run (asked at `sentAt`, epoch ms) into the ledger; resolves with the run as it then
 * is. An observation older than what the ledger holds changes nothing; a done attempt stays done, unless `reopen`.
 */
export type Observe = (run: Run, upstream: UpstreamRun, sentAt: number, reopen?: 'reopen') => Promise<Run>

/** A run that began this long before its intent was written was not started by it; clocks differ by less. */
const WELL_BEFORE_MS = 5 * 60_000
/** An ending waits no longer than this for its reason. */
const REASON_TIMEOUT_MS = 3_000
/** Without one it is told all the same, and the reason is asked for so often and so long. */
const REASON_AGAIN_MS = 15_000
const REASON_WANTED_MS = 60 * 60_000
const TASKS_KEPT = 1_000

export function createObserve(deps: ObserveDeps): Observe {
  const { store, transitions, clientFor, clock } = deps

  /**
   * The error of the task that broke first, for the everyday state message says nothing; and when to ask for it again,
   * if it cannot be had now.
   */
  async function readError(
    attempt: Attempt,
    upstream: UpstreamRun,
  ): Promise<{ error?: string; due_at: number | null }> {
    const task = findBrokenTask(upstream)
    const client = clientFor(attempt)
    if (!task || !client) return { due_at: null }
    const now = clock.now()
    try {
      const { error } = await client.getOutput(task.run_id, { deadline: now + REASON_TIMEOUT_MS, by: 'watcher' })
      return { ...(error && { error }), due_at: null }
    } catch (error) {
      const isFinal = error instanceof DatabricksError && (error.kind === 'refused' || error.kind === 'missing')
      const tooLate = now > (upstream.end_time || now) + REASON_WANTED_MS
      return { due_at: isFinal || tooLate ? null : now + REASON_AGAIN_MS }
    }
  }

  async function describeEnd(run: Run, upstream: UpstreamRun, state: DoneState): Promise<AttemptChange> {
    const { result, cause } = readOutcome(upstream, deps.partialOf(run.job))
    const timing = {
      finished_at: upstream.end_time || clock.now(),
      due_at: null,
      run_ms: upstream.run_duration ?? span(upstream.start_time, upstream.end_time),
    }
    if (result === 'OK' || cause === null) {
      return { ...timing, state, result, cause: null, failure: null, message: praise(state, upstream) }
    }
    if (state === 'CANCELED' && run.attempt.cancel) {
      const failure = {
        ...explainFailure({ state, cause, run: upstream }),
        message: sayWhoCanceled(run.attempt.cancel),
      }
      return { ...timing, state, result, cause, failure, message: failure.message }
    }
    const { due_at, ...told } = state === 'SKIPPED' ? { due_at: null } : await readError(run.attempt, upstream)
    const failure = explainFailure({ state, cause, run: upstream, ...told })
    return { ...timing, due_at, state, result, cause, failure, message: failure.message }
  }

  /** The reason of an ending that was told without it. */
  async function complete(run: Run, upstream: UpstreamRun): Promise<Run> {
    const { state } = readOutcome(upstream, deps.partialOf(run.job))
    const ended = isDone(state) && state === run.attempt.state ? await describeEnd(run, upstream, state) : undefined
    const { failure = run.attempt.failure, message = run.attempt.message, due_at = null } = ended ?? {}
    return (await transitions.move(run, { failure, message, due_at })) ?? run
  }

  async function describe(run: Run, upstream: UpstreamRun, sentAt: number, reopening: boolean): Promise<AttemptChange> {
    const { attempt } = run
    const outcome = readOutcome(upstream, deps.partialOf(run.job))
    for (const value of outcome.unknown) deps.countUnknown(value)
    const seen = describeSeen(attempt, upstream, sentAt)
    if (isDone(outcome.state)) return { ...seen, ...(await describeEnd(run, upstream, outcome.state)) }
    // That an accepted run is pending was our guess until now: it may be queued.
    const isFirstNews = reopening || attempt.observed_at === null
    return {
      ...seen,
      state: isFirstNews ? outcome.state : furthest(attempt.state, outcome.state),
      result: '',
      cause: null,
      failure: null,
      finished_at: null,
      message: sayWhere(upstream) ?? attempt.message,
      due_at: await deps.nextLookAt(run, seen.started_at ?? null),
    }
  }

  return async (run, upstream, sentAt, reopen) => {
    const { attempt } = run
    if (attempt.observed_at !== null && sentAt < attempt.observed_at) return run
    if (isDone(attempt.state) && !reopen) return attempt.due_at === null ? run : complete(run, upstream)
    const change = await describe(run, upstream, sentAt, isDone(attempt.state))
    if (isOnlySighting(attempt, change)) {
      const { observed_at = sentAt, due_at } = change
      await store.sight([
        { run_id: run.id, attempt: attempt.number, observed_at: observed_at ?? sentAt, due_at: due_at ?? sentAt },
      ])
      return { ...run, attempt: { ...attempt, observed_at: observed_at ?? sentAt, due_at: due_at ?? null } }
    }
    return (await transitions.move(run, change)) ?? (await store.get(run.id)) ?? run
  }
}

/** Whether Databricks told nothing new: then only the time of the look is written. */
function isOnlySighting(attempt: Attempt, change: AttemptChange): boolean {
  if (isDone(change.state ?? attempt.state)) return false
  return Object.entries(change).every(([name, value]) => {
    if (name === 'observed_at' || name === 'due_at' || name === 'tasks_observed_at') return true
    const before = attempt[name as keyof Attempt]
    return before === value || JSON.stringify(before) === JSON.stringify(value)
  })
}

/** What Databricks says of the run, whatever state that makes. */
function describeSeen(attempt: Attempt, upstream: UpstreamRun, sentAt: number): AttemptChange {
  const { state, status, start_time } = upstream
  const startedAt = start_time || attempt.started_at
  // What somebody repaired after a cancel is to run: neither the cancel nor what was told is about it.
  const reopened = isDone(attempt.state) && {
    told_at: null,
    cancel: null,
    databricks_run_id: upstream.run_id,
    repair_id: latestRepairId(upstream),
  }
  return {
    observed_at: sentAt,
    started_at: startedAt,
    // In the queue it grows by itself: each look would be a change.
    queue_ms: isQueued(upstream) ? null : (upstream.queue_duration ?? attempt.queue_ms),
    run_url: upstream.run_page_url ?? attempt.run_url,
    recovered: attempt.recovered || startedWellBefore(attempt, startedAt),
    life_cycle_state: state?.life_cycle_state ?? status?.state ?? null,
    result_state: state?.result_state ?? null,
    termination_code: status?.termination_details?.code ?? null,
    missing_since: null,
    missing_count: 0,
    ...reopened,
    ...describeTasks(upstream, sentAt),
  }
}

/** A repair's run began long before the repair, and rightly so. */
function startedWellBefore({ kind, created_at }: Attempt, startedAt: number | null): boolean {
  return kind !== 'repair' && startedAt !== null && startedAt < created_at - WELL_BEFORE_MS
}

/** Items of a list carry no tasks: what was read before stays. */
function describeTasks(upstream: UpstreamRun, sentAt: number): AttemptChange {
  if (!upstream.tasks) return {}
  const { tasks, counts } = reportTasks(upstream)
  return { tasks: tasks.slice(0, TASKS_KEPT), task_counts: counts, tasks_observed_at: sentAt }
}

function isQueued({ state, status }: UpstreamRun): boolean {
  return (status?.state ?? state?.life_cycle_state) === 'QUEUED'
}

/** undefined: nothing that was not known. */
function sayWhere(upstream: UpstreamRun): string | undefined {
  const { state, status } = upstream
  const queued = status?.queue_details?.message ?? state?.queue_reason
  if (queued && isQueued(upstream)) return `Queued in Databricks: ${queued}`
  return upstream.tasks && reportTasks(upstream).progress
}

function praise(state: DoneState, upstream: UpstreamRun): string {
  if (state !== 'PARTIAL') return 'Ended well.'
  const failed = reportTasks(upstream).tasks.filter((task) => task.state === 'FAILED')
  return `Ended well, although these tasks did not: ${failed.map((task) => task.task_key).join(', ')} (partial_success: ok).`
}

function span(from: number | undefined, to: number | undefined): number | null {
  return from && to ? Math.max(0, to - from) : null
}
