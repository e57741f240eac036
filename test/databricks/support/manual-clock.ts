import type { Clock } from '../../../src/clock.ts'

interface Sleeper {
  ms: number
  at: number
  wake(): void
}

export interface ManualClock extends Clock {
  /** Moves time on and wakes whoever is due. */
  advance(ms: number): void
  /** Resolves once somebody sleeps for exactly `ms`. */
  untilAsleep(ms: number): Promise<void>
}

/** Time that moves only when the test says so. */
export function createManualClock(start = 1_760_000_000_000): ManualClock {
  let now = start
  const sleepers = new Set<Sleeper>()
  const watchers = new Set<() => void>()
  return {
    now: () => now,
    sleep(ms, signal) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const sleeper: Sleeper = { ms, at: now + ms, wake: resolve }
      if (signal?.aborted || ms <= 0) {
        resolve()
        return promise
      }
      sleepers.add(sleeper)
      void promise.then(() => sleepers.delete(sleeper))
      signal?.addEventListener('abort', sleeper.wake, { once: true })
      for (const watcher of watchers) {
        watcher()
      }
      return promise
    },
    advance(ms) {
      now += ms
      for (const sleeper of sleepers) {
        if (sleeper.at <= now) {
          sleeper.wake()
        }
      }
    },
    untilAsleep(ms) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const look = () => {
        if ([...sleepers].some((sleeper) => sleeper.ms === ms)) {
          watchers.delete(look)
          resolve()
        }
      }
      watchers.add(look)
      look()
      return promise
    },
  }
}
