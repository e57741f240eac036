import type { Clock } from '../../src/clock.ts'

/** The watcher and its lease, one sleeper each, sleep less than this; requests to Databricks have time-outs up to the other. */
const LOOPS = 2
const SHORTEST_TIMEOUT_MS = 2_000
const LONGEST_TIMEOUT_MS = 60_000

export interface SteppedClock extends Clock {
  /** Moves time on, and wakes whoever sleeps until then. */
  advance(ms: number): void
  /** Whether the watcher and its lease have had their turn since the last step, and no request is under way. */
  isAtRest(): boolean
}

/** Time that stands still between the test's steps, so that what a gateway does in each can be told exactly. */
export function createSteppedClock(start: number): SteppedClock {
  let now = start
  const sleepers = new Set<{ since: number; ms: number; wake: () => void }>()

  return {
    now: () => now,
    async sleep(ms, signal) {
      if (signal?.aborted || ms <= 0) return
      const { promise, resolve } = Promise.withResolvers<void>()
      const sleeper = { since: now, ms, wake: () => resolve() }
      sleepers.add(sleeper)
      signal?.addEventListener('abort', sleeper.wake, { once: true })
      await promise
      signal?.removeEventListener('abort', sleeper.wake)
      sleepers.delete(sleeper)
    },
    advance(ms) {
      now += ms
      for (const sleeper of sleepers) if (sleeper.since + sleeper.ms <= now) sleeper.wake()
    },
    isAtRest() {
      const all = [...sleepers]
      const loops = all.filter(({ since, ms }) => since === now && ms < SHORTEST_TIMEOUT_MS)
      return loops.length === LOOPS && !all.some(({ ms }) => ms >= SHORTEST_TIMEOUT_MS && ms <= LONGEST_TIMEOUT_MS)
    },
  }
}
