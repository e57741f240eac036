/** How many calls there may be: so many at once, and so many a second in the long run. */
export interface Rate {
  readonly per_second: number
  readonly burst: number
}

/** Calls that still count at an instant (epoch ms). A token bucket, told by what is missing in it. */
export interface Spent {
  readonly calls: number
  readonly at: number
}

export interface Verdict {
  granted: boolean
  /** Whole calls that are left. */
  left: number
  /** How long until there is room for one more; 0: there is. */
  waitSeconds: number
}

export const NOTHING_SPENT: Spent = { calls: 0, at: 0 }

/** So that the instant at which there is room again is one at which a call is granted, however its time is rounded. */
const ROUNDING = 1e-6

/** One more call, granted when there is room for it. What was spent goes on to count when the rate is another one. Pure. */
export function spend(before: Spent, { per_second, burst }: Rate, now: number): { spent: Spent; verdict: Verdict } {
  // A clock that was set back costs nobody anything.
  const seconds = Math.max(0, now - before.at) / 1000
  const counting = Math.max(0, before.calls - seconds * per_second)
  const granted = counting + 1 <= burst + ROUNDING
  const calls = granted ? counting + 1 : counting
  return {
    spent: { calls, at: now },
    verdict: {
      granted,
      left: Math.max(0, Math.floor(burst - calls + ROUNDING)),
      waitSeconds: Math.max(0, calls + 1 - burst) / per_second,
    },
  }
}

/** What each has spent, by name, of as many as there is room for: who has not called for the longest is forgotten. */
export interface Meters {
  /** @param at epoch ms */
  spend(name: string, rate: Rate, at: number): Verdict
  /** Takes the last call back; one that is not known has nothing to get. */
  giveBack(name: string): void
}

export function createMeters(size: number): Meters {
  /** In the order of their last calls. */
  const meters = new Map<string, Spent>()
  return {
    spend(name, rate, at) {
      const { spent, verdict } = spend(meters.get(name) ?? NOTHING_SPENT, rate, at)
      meters.delete(name)
      meters.set(name, spent)
      const oldest = meters.size > size ? meters.keys().next().value : undefined
      if (oldest !== undefined) meters.delete(oldest)
      return verdict
    },
    giveBack(name) {
      const spent = meters.get(name)
      if (!spent) return
      if (spent.calls <= 1) meters.delete(name)
      else meters.set(name, { ...spent, calls: spent.calls - 1 })
    },
  }
}
