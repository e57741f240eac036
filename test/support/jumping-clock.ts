import { type Clock, systemClock } from '../../src/clock.ts'

export interface JumpingClock extends Clock {
  /**
   * Moves time on, wakes whoever sleeps until then, and returns what time it is. A request that is under way may see
   * its time run out.
   */
  jump(ms: number): number
}

/** Time that begins at `start` and flows as usual, until the test lets it jump. */
export function createJumpingClock(start: number): JumpingClock {
  let offset = start - Date.now()
  const now = () => Date.now() + offset
  const sleepers = new Set<{ until: number; wake: () => void }>()

  return {
    now,
    async sleep(ms, signal) {
      const alarm = new AbortController()
      const sleeper = { until: now() + ms, wake: () => alarm.abort() }
      sleepers.add(sleeper)
      await systemClock.sleep(ms, signal ? AbortSignal.any([signal, alarm.signal]) : alarm.signal)
      sleepers.delete(sleeper)
    },
    jump(ms) {
      offset += ms
      for (const { until, wake } of sleepers) if (until <= now()) wake()
      return now()
    },
  }
}
