import type { WatchConfig } from '../../config/schema/watch.ts'

/** How long a job's runs usually take, ms, from its last good ones. */
export interface Usual {
  median: number
  p90: number
}

export interface Bounds {
  minMs: number
  maxMs: number
}

export function readBounds({ min_interval_seconds, max_interval_seconds }: WatchConfig): Bounds {
  return { minMs: min_interval_seconds * 1000, maxMs: max_interval_seconds * 1000 }
}

export interface Watched extends Bounds {
  /** Since Databricks started it, ms; below 0 or undefined: not started yet. */
  elapsedMs: number | undefined
  usual: Usual | undefined
  /** Somebody waits for it. */
  waited: boolean
}

/** A run that fails at once, or a wrong parameter, shows within the first half minute. */
const EARLY_MS = 30_000
/** Far from the usual end a run is looked at each time it has grown by this share. */
const GROWTH = 0.1
/** Near the usual end, as often as this share of the time within which it lies, and this many times the slowest. */
const NEAR_GROWTH = 0.05
const NEAR_TIMES = 4
/** The usual end lies this share before the early ends and after the late ones. */
const MARGIN = 0.2

/**
 * How long until the next look at a run, in ms between `minMs` and `maxMs`: close after its start, near its usual end
 * and while somebody waits; slower between and the longer it is overdue. Pure.
 */
export function nextLook({ elapsedMs, usual, waited, minMs, maxMs }: Watched): number {
  const elapsed = Math.max(0, elapsedMs ?? 0)
  const within = (ms: number, slowest = maxMs) => Math.max(minMs, Math.min(slowest, ms))
  if (waited || elapsed < EARLY_MS) return minMs
  const slow = within(elapsed * GROWTH)
  if (!usual) return slow
  // Durations spread about evenly on a logarithmic scale, so the early tenth mirrors the late one.
  const endBegins = (usual.median ** 2 / usual.p90) * (1 - MARGIN)
  const endIsOver = usual.p90 * (1 + MARGIN)
  if (elapsed < endBegins) return within(Math.min(slow, endBegins - elapsed))
  const near = maxMs / NEAR_TIMES
  if (elapsed <= endIsOver) return within((endIsOver - endBegins) * NEAR_GROWTH, near)
  return within(Math.max(near, (elapsed - endIsOver) * GROWTH))
}

/**
 * The instant of the next look, epoch ms, when it is to come after `waitMs` at most: those whose waits are alike fall on
 * the same instants, so that one list shows many runs. Waits are the longest one, halved as often as it takes. Pure.
 */
export function alignLook(now: number, waitMs: number, { minMs, maxMs }: Bounds): number {
  let step = maxMs
  while (step > waitMs && step / 2 >= minMs) step /= 2
  if (step > waitMs) step = minMs
  return Math.ceil((Math.floor(now / step) + 1) * step)
}

/** When a caller should ask again, ms: the usual remaining time between the same bounds. */
export function askAgain({ elapsedMs, usual, minMs, maxMs }: Omit<Watched, 'waited'>): number {
  const remaining = usual ? usual.median - Math.max(0, elapsedMs ?? 0) : maxMs
  return Math.min(maxMs, Math.max(minMs, remaining))
}
