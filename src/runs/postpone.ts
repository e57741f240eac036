import type { DatabricksError } from '../databricks/errors.ts'
import type { Illness } from '../databricks/types.ts'
import type { Attempt } from './run.ts'
import type { AttemptChange } from './store.ts'

const MIN_BACKOFF_MS = 1_000
const MAX_BACKOFF_MS = 30_000

/**
 * The next try, after a quarter of the time that the attempt has waited already, between 1 and 30 s with jitter, or when
 * Databricks says so; and the reason for whoever reads the run. Where only requests are too many it comes soon, so that
 * those who came first stay first. Pure.
 * @param random from 0 up to but not 1
 */
export function postpone(attempt: Attempt, error: DatabricksError, now: number, random: number): AttemptChange {
  const soon = error.reason === 'throttled' || error.reason === 'budget'
  const wait = Math.max(error.retryAfterMs ?? 0, (soon ? MIN_BACKOFF_MS : backoff(attempt, now)) * spread(random))
  const patience = PATIENCE_BY_REASON[error.reason] ?? PATIENCE[error.kind]
  return waitOn(attempt, `${patience} (${error.message})`, now + wait, now)
}

/** The same while Databricks is not asked at all. */
export function postponeWhileIll(attempt: Attempt, { reason }: Illness, now: number, random: number): AttemptChange {
  return waitOn(attempt, `${PATIENCE.unavailable} (${reason})`, now + backoff(attempt, now) * spread(random), now)
}

function waitOn({ submit_deadline_at }: Attempt, why: string, at: number, now: number): AttemptChange {
  const due_at = Math.round(Math.min(at, Math.max(now + MIN_BACKOFF_MS, submit_deadline_at)))
  return { message: `${why}. Trying on until ${new Date(submit_deadline_at).toISOString()}.`, due_at }
}

function backoff({ created_at }: Attempt, now: number): number {
  return Math.min(MAX_BACKOFF_MS, Math.max(MIN_BACKOFF_MS, (now - created_at) / 4))
}

function spread(random: number): number {
  return 0.5 + random / 2
}

const REFUSED_LATER = 'Accepted here; Databricks refused a later try, while an earlier one may have been acted on'

const PATIENCE: Record<DatabricksError['kind'], string> = {
  throttled: 'Accepted here; Databricks takes no more requests at the moment',
  credential: "Accepted here; Databricks refuses the gateway's own credential, which its operators have to mend",
  unavailable: 'Accepted here; Databricks has not confirmed it yet',
  refused: REFUSED_LATER,
  missing: REFUSED_LATER,
  denied: REFUSED_LATER,
}

const PATIENCE_BY_REASON: Partial<Record<DatabricksError['reason'], string>> = {
  budget: 'Accepted here; others wait for their turn at Databricks before it',
  capacity: 'Accepted here; the workspace runs as many jobs as Databricks allows it',
}
