import type { DatabricksError } from '../databricks/errors.ts'
import type { Attempt } from './run.ts'
import type { AttemptChange } from './store.ts'

const MIN_BACKOFF_MS = 1_000
const MAX_BACKOFF_MS = 30_000

/**
 * The next try, after a quarter of the time that the attempt has waited already, between 1 and 30 s with jitter, or when
 * Databricks says so; and the reason for whoever reads the run. Pure.
 * @param random from 0 up to but not 1
 */
export function postpone(attempt: Attempt, error: DatabricksError, now: number, random: number): AttemptChange {
  const backoff = Math.min(MAX_BACKOFF_MS, Math.max(MIN_BACKOFF_MS, (now - attempt.created_at) / 4))
  const wait = Math.max(error.retryAfterMs ?? 0, backoff * (0.5 + random / 2))
  const due_at = Math.round(Math.min(now + wait, Math.max(now + MIN_BACKOFF_MS, attempt.submit_deadline_at)))
  const until = new Date(attempt.submit_deadline_at).toISOString()
  return { message: `${PATIENCE[error.kind]} (${error.message}). Trying on until ${until}.`, due_at }
}

const REFUSED_LATER = 'Accepted here; Databricks refused a later try, while an earlier one may have been acted on'

const PATIENCE: Record<DatabricksError['kind'], string> = {
  throttled: 'Accepted here; Databricks takes no more at the moment',
  credential: "Accepted here; Databricks refuses the gateway's own credential, which its operators have to mend",
  unavailable: 'Accepted here; Databricks has not confirmed it yet',
  refused: REFUSED_LATER,
  missing: REFUSED_LATER,
  denied: REFUSED_LATER,
}
