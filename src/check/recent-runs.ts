import type { Run } from '../databricks/types.ts'
import { explainFailure } from '../runs/failure.ts'
import { readOutcome } from '../runs/outcome.ts'
import { isDone } from '../runs/run.ts'
import { findBrokenTask } from '../runs/tasks.ts'
import { type Code, failed, type Result, warning, well } from './finding.ts'

const CHECK = 'runs'

/** Endings that the same call would meet again, by termination code, and what to do about them. */
const CURES: Record<string, readonly [Code, cure: string]> = {
  CLUSTER_ERROR: ['cluster-failing', "look at the cluster's event log: quota, instance type, policy or network"],
  INVALID_CLUSTER_REQUEST: ['cluster-failing', "correct the job's cluster: its policy, node type or runtime"],
  CLUSTER_REQUEST_LIMIT_EXCEEDED: ['cluster-failing', 'start fewer clusters at once: spread the jobs, or take a pool'],
  CLOUD_FAILURE: ['cluster-failing', "look at the cloud's quota and at its status page"],
  DRIVER_ERROR: ['cluster-failing', 'give the driver more memory, or the job another node type'],
  LIBRARY_INSTALLATION_ERROR: ['runs-failing', "correct the job's libraries, or its way to the package index"],
  REPOSITORY_CHECKOUT_FAILED: ['runs-failing', "correct the job's Git source or its credential"],
  UNAUTHORIZED_ERROR: ['runs-failing', 'give the run-as user of the job its rights on what it uses'],
  STORAGE_ACCESS_ERROR: ['runs-failing', 'give the job its rights on the storage'],
  RESOURCE_NOT_FOUND: ['runs-failing', 'correct the job: something that it uses is gone'],
  INVALID_RUN_CONFIGURATION: ['runs-failing', "correct the job's settings"],
  FEATURE_DISABLED: ['runs-failing', 'have the feature enabled for the workspace, or do without it'],
}

/** What the last runs of the job, whoever started them, say of the next one. Pure. */
export function checkRecentRuns(runs: readonly Run[]): Result {
  const ended = runs
    .filter((run) => isDone(readOutcome(run, 'ok').state))
    .sort((a, b) => (b.end_time ?? 0) - (a.end_time ?? 0))
  const [last] = ended
  if (!last) return well(CHECK, 'no ended run yet')
  const known = CURES[codeOf(last)]
  if (!known)
    return well(
      CHECK,
      `last run ${readOutcome(last, 'ok').result === 'OK' ? 'ended well' : `ended with ${codeOf(last)}`}`,
    )
  const [code, cure] = known
  const other = ended.findIndex((run) => codeOf(run) !== codeOf(last))
  const count = other === -1 ? ended.length : other
  const times = count === 1 ? 'its last run' : `its last ${count} runs`
  const trouble = {
    code,
    message: `${times} ended with ${codeOf(last)}: ${describeEnding(last)}`,
    cure: last.run_page_url ? `${cure}; ${last.run_page_url}` : cure,
  }
  return count === 1 && ended.length > 1 ? warning(CHECK, trouble) : failed(CHECK, trouble)
}

/** At the level of a run with several tasks the code only says that one of them failed. */
function codeOf(run: Run): string {
  const details = (findBrokenTask(run) ?? run).status?.termination_details ?? run.status?.termination_details
  return details?.code ?? run.state?.result_state ?? ''
}

function describeEnding(run: Run): string {
  const { state, cause } = readOutcome(run, 'ok')
  return isDone(state) ? explainFailure({ state, cause: cause ?? 'unknown', run }).message : ''
}

const STUCK_MS = 10 * 60_000

const BOTTLENECKS: Record<string, readonly [reason: string, cure: string]> = {
  MAX_CONCURRENT_RUNS_REACHED: [
    'the job has as many runs at once as it allows',
    'raise its maximum concurrent runs in Databricks, or end the run that blocks it',
  ],
  ACTIVE_RUNS_LIMIT_REACHED: ['the workspace runs as many tasks as it may', 'start fewer jobs at that hour'],
  ACTIVE_RUN_JOB_TASKS_LIMIT_REACHED: [
    'the workspace runs as many Run Job tasks as it may',
    'start fewer jobs with Run Job tasks at that hour',
  ],
}

/** Runs of the job that wait in Databricks' queue. Pure. */
export function checkQueue(runs: readonly Run[], now: number): Result {
  const check = 'queue'
  const active = runs.filter((run) => !isDone(readOutcome(run, 'ok').state)).sort(byStart)
  const queued = active.filter((run) => readOutcome(run, 'ok').state === 'QUEUED')
  const [oldest] = queued
  if (!oldest) return well(check, 'nothing queued')
  const waited = now - (oldest.start_time ?? now)
  const many = `${queued.length} ${queued.length === 1 ? 'run waits' : 'runs wait'} in the queue`
  if (waited < STUCK_MS) return well(check, many)
  const [reason, cure] = BOTTLENECKS[oldest.status?.queue_details?.code ?? ''] ?? [
    oldest.state?.queue_reason || 'Databricks does not say why',
    'look at what runs there',
  ]
  const blocker = active.find((run) => !queued.includes(run))
  const since = blocker && `; run ${blocker.run_id} is active for ${describeSpan(now - (blocker.start_time ?? now))}`
  return warning(check, {
    code: 'queue-stuck',
    message: `${many}, the first for ${describeSpan(waited)}: ${reason}${since ?? ''}`,
    cure,
  })
}

function byStart(a: Run, b: Run): number {
  return (a.start_time ?? 0) - (b.start_time ?? 0)
}

function describeSpan(ms: number): string {
  const minutes = Math.round(ms / 60_000)
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`
}
