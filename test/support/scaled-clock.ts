import { type Clock, systemClock } from '../../src/clock.ts'

/** Time that runs faster than the system's. Processes that are given the same one agree on what time it is. */
export interface TimeScale {
  /** Where it is the system's own time, epoch ms. */
  origin: number
  /** So many of its milliseconds pass in a real one. */
  speed: number
}

export function createScaledClock(scale: TimeScale): Clock {
  return {
    // Not Date.now(): at speed, its milliseconds would be coarse.
    now: () => Math.floor(toScaled(scale, performance.timeOrigin + performance.now())),
    sleep: (ms, signal) => systemClock.sleep(ms / scale.speed, signal),
  }
}

/** What time it is on that scale at a real instant, epoch ms. */
export function toScaled({ origin, speed }: TimeScale, at: number): number {
  return origin + (at - origin) * speed
}
