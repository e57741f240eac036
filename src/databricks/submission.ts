import { type DatabricksError, mayHaveBeenActedOn } from './errors.ts'
import type { Submission } from './types.ts'

/** One post of a run-now: the run id it was answered with, or how it failed. */
export type Try = { runId: string } | { error: DatabricksError }

export function classifyTry(outcome: Try): Submission['kind'] {
  if ('runId' in outcome) {
    return 'taken'
  }
  return mayHaveBeenActedOn(outcome.error) ? 'unknown' : 'not_taken'
}

/** A later clear refusal takes back nothing: what an earlier try may have started stays possible. */
export function concludeSubmission(earlier: readonly Try[], last: Try): Submission {
  const tries = earlier.length + 1
  if ('runId' in last) {
    return { kind: 'taken', runId: last.runId, tries }
  }
  const unknown = [...earlier, last].some((outcome) => classifyTry(outcome) === 'unknown')
  return { kind: unknown ? 'unknown' : 'not_taken', error: last.error, tries }
}
