/** How long a job's runs usually take, ms, from its last good ones. */
export interface Usual {
  median: number
  p90: number
}

export interface Watched {
  /** Since Databricks started it, ms; below 0 or undefined: not started yet. */
  elapsedMs: number | undefined
  usual: Usual | undefined
  /** Somebody waits for it. */
  waited: boolean
  minMs: number
  maxMs: number
}

/** A run that fails at once, or a wrong parameter, shows within the first half minute. */
const EARLY_MS = 30_000
/** Without a history, and far from the usual end, a run is looked at each time it has grown by this share. */
const GROWTH = 0.1
/** The usual end begins this share before the median and ends this share after the 90th percentile. */
const MARGIN = 0.1

/**
 * How long until the next look at a run, in ms between `minMs` and `maxMs`: close after its start, near its usual end
 * and while somebody waits; slower between and the longer it is overdue. Pure.
 */
export function nextLook({ elapsedMs, usual, waited, minMs, maxMs }: Watched): number {
  const elapsed = Math.max(0, elapsedMs ?? 0)
  if (waited || elapsed < EARLY_MS) return minMs
  const slow = Math.min(maxMs, Math.max(minMs, elapsed * GROWTH))
  if (!usual) return slow
  const endBegins = usual.median * (1 - MARGIN)
  const endIsOver = usual.p90 * (1 + MARGIN)
  if (elapsed < endBegins) return Math.max(minMs, Math.min(slow, endBegins - elapsed))
  if (elapsed <= endIsOver) return Math.min(maxMs, Math.max(minMs, (endIsOver - endBegins) * GROWTH))
  return Math.min(maxMs, Math.max(minMs, (elapsed - endIsOver) * GROWTH))
}

/** When a caller should ask again, ms: the usual remaining time between the same bounds. */
export function askAgain({ elapsedMs, usual, minMs, maxMs }: Omit<Watched, 'waited'>): number {
  const remaining = usual ? usual.median - Math.max(0, elapsedMs ?? 0) : maxMs
  return Math.min(maxMs, Math.max(minMs, remaining))
}
