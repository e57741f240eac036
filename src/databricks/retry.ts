import { type DatabricksError, type ErrorReason, mayHaveBeenActedOn } from './errors.ts'

const TRY_MS = 60_000
export const SHORTEST_TRY_MS = 1_000
const FIRST_DELAY_MS = 500
const LONGEST_DELAY_MS = 10_000
/** What Databricks' SDKs wait when a throttled answer or a 503 does not tell. */
export const UNTOLD_DELAY_MS = 1_000

interface RetryQuestion {
  error: DatabricksError
  /** How many tries there were, this one included. */
  tries: number
  /** A second post does no harm: a read, a cancel, or a run-now with its token. */
  repeatable: boolean
  now: number
  deadline: number
  /** From 0 up to but not 1. */
  random: () => number
}

export type RetryDecision = { retry: false } | { retry: true; delayMs: number; reason: ErrorReason }

/** Whether and when to try again: the larger of what Databricks asked for and an exponential delay with full jitter. */
export function decideRetry({ error, tries, repeatable, now, deadline, random }: RetryQuestion): RetryDecision {
  if (!error.transient || (!repeatable && mayHaveBeenActedOn(error))) {
    return { retry: false }
  }
  const throttled = error.kind === 'throttled' || error.status === 503
  const asked = error.retryAfterMs ?? (throttled ? UNTOLD_DELAY_MS : 0)
  const backoff = random() * Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (tries - 1))
  const delayMs = Math.max(asked, backoff)
  return now + delayMs < deadline ? { retry: true, delayMs, reason: error.reason } : { retry: false }
}

/**
 * How long one try may take. `halve` leaves as much time again for the tries after it: a lost answer is no use to a
 * caller who has to wait for it until the very end.
 */
export function tryTimeoutMs(now: number, deadline: number, halve: boolean): number {
  const left = Math.max(0, deadline - now)
  return Math.min(TRY_MS, left, halve ? Math.max(SHORTEST_TRY_MS, left / 2) : left)
}
