import type { RunStore } from '../store.ts'
import type { Usual } from './cadence.ts'

/**
 * How long each job usually takes, from its last good runs: read from the ledger again after each good run that this
 * process learnt of, and for those of other processes after a while.
 */
export interface UsualDurations {
  of(job: string): Promise<Usual | undefined>
  forget(job: string): void
}

const BELIEVED_MS = 60_000

export function createUsualDurations(store: Pick<RunStore, 'durations'>, now: () => number): UsualDurations {
  const cache = new Map<string, { usual: Usual | undefined; until: number }>()
  return {
    async of(job) {
      const known = cache.get(job)
      if (known && now() < known.until) return known.usual
      const usual = summarise(await store.durations(job))
      cache.set(job, { usual, until: now() + BELIEVED_MS })
      return usual
    },
    forget: (job) => cache.delete(job),
  }
}

/** Median and 90th percentile (nearest rank) of durations in ms; undefined without any. */
export function summarise(durations: number[]): Usual | undefined {
  const sorted = durations.toSorted((a, b) => a - b)
  const rank = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
  const [median, p90] = [rank(0.5), rank(0.9)]
  return median === undefined || p90 === undefined ? undefined : { median, p90 }
}
