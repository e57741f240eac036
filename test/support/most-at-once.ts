import type { RunSummary } from '../../src/simulator/run.ts'

/** The most runs that were active at the same time. */
export function mostAtOnce(runs: RunSummary[]): number {
  const active = (at: number) => runs.filter((run) => run.start_time <= at && at < (run.end_time ?? Infinity)).length
  return Math.max(...runs.map((run) => active(run.start_time)))
}
