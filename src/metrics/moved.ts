import { isDone } from '../runs/run.ts'
import type { Moved } from '../runs/transition.ts'

/** An active attempt has ended: each of these is one ending in the ledger's totals. */
export function hasEnded({ before, run }: Moved): boolean {
  return isDone(run.attempt.state) && !(before && isDone(before.state))
}

/** A start whose answer had been lost has turned out to have happened. */
export function wasRecovered({ before, run: { attempt } }: Moved): boolean {
  const learnt = before?.databricks_run_id === null && attempt.databricks_run_id !== null
  return learnt && attempt.tries_in_doubt > 0
}

/** Databricks answered a first post with a run from before it: this key had started it already. */
export function wasFoundAgain({ before, run: { attempt } }: Moved): boolean {
  return before?.recovered === false && attempt.recovered
}
