import type { BudgetedEndpoint } from '../../databricks/types.ts'

export interface Standing {
  /** Processes that live, this one included. */
  replicas: number
  /** This one watches the workspace; at most one does. */
  leads: boolean
}

/**
 * What those who do not watch have together of an endpoint: much of what callers ask each of them for, little of what
 * they may leave to the watcher, who submits the backlog and looks at the runs.
 */
const OTHERS: Record<BudgetedEndpoint, number> = {
  run_now: 0.1,
  runs_list: 0.1,
  runs_get: 0.3,
  cancel: 1,
  repair: 1,
  get_output: 1,
  jobs_get: 1,
  jobs_list: 1,
}

/** The share of a workspace's budget that one process may spend, above 0; all of them together have 1 at most. Pure. */
export function shareOf(endpoint: BudgetedEndpoint, { replicas, leads }: Standing): number {
  if (replicas <= 1) return 1
  // Never more than the watcher.
  const other = Math.min(1 / replicas, OTHERS[endpoint] / (replicas - 1))
  return leads ? 1 - other * (replicas - 1) : other
}
