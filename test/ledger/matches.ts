import type { Run } from '../../src/runs/run.ts'
import type { RunFilter } from '../../src/runs/store.ts'

/** Whether a list by this filter shows the run. */
export function matches(run: Run, filter: RunFilter): boolean {
  const { ref, state, result } = run.attempt
  return (
    (filter.jobs === null || filter.jobs.includes(run.job)) &&
    (filter.state === undefined || filter.state === state) &&
    (filter.result === undefined || filter.result === result) &&
    (filter.client_id === undefined || filter.client_id === run.client_id) &&
    (filter.key === undefined || filter.key === run.key) &&
    (filter.ref === undefined || (ref !== null && matchesRef(ref, filter.ref))) &&
    (filter.since === undefined || run.created_at >= filter.since) &&
    (filter.until === undefined || run.created_at <= filter.until) &&
    (filter.before === undefined || run.id < filter.before)
  )
}

function matchesRef(ref: string, pattern: string): boolean {
  return pattern.endsWith('*') ? ref.startsWith(pattern.slice(0, -1)) : ref === pattern
}
