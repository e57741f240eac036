import type { State } from '../run.ts'
import type { ActiveCount, RunStore, UnfinishedRun } from '../store.ts'
import type { Usual } from './cadence.ts'

/** A cluster that has to be started first takes minutes: a short job is not late for that. */
const SLACK_MS = 5 * 60_000
/** Beyond the 90th percentile by this share of it, or by so many times what that lies above the median. */
const SHARE = 0.5
const SPREADS = 2

/**
 * How long after its start a run is late against its job's own history, ms: one run in ten takes longer than p90, so
 * lateness begins well beyond it, and the further the more the job's run times differ. Pure.
 */
export function overdueAfter({ median, p90 }: Usual): number {
  return p90 + Math.max(SLACK_MS, p90 * SHARE, (p90 - median) * SPREADS)
}

/** A run in Databricks' queue has not begun; that it stays there is another figure. */
const BEGUN = new Set<State>(['PENDING', 'RUNNING'])

export interface OverdueQuestion {
  /** The ledger's counts of unfinished runs. */
  active: ActiveCount[]
  /** Of jobs with a history; no run of another job is late. */
  usual: Map<string, Usual>
  now: number
}

/** How many unfinished runs of each job are overdue; jobs without any are left out. */
export async function countOverdue(
  store: Pick<RunStore, 'unfinished'>,
  { active, usual, now }: OverdueQuestion,
): Promise<Map<string, number>> {
  const isOverdue = ({ job, state, since }: UnfinishedRun) => {
    const usually = usual.get(job)
    return BEGUN.has(state) && usually !== undefined && since !== null && now - since > overdueAfter(usually)
  }
  // As a rule no job's oldest run is late, and then no run is read.
  const late = active.filter(({ oldest_since, ...group }) => isOverdue({ ...group, since: oldest_since }))
  const jobs = new Set(late.map(({ job }) => job))
  const counts = new Map<string, number>()
  if (jobs.size === 0) return counts
  for (const run of (await store.unfinished([...jobs])).filter(isOverdue)) {
    counts.set(run.job, (counts.get(run.job) ?? 0) + 1)
  }
  return counts
}
