import type { RunStore } from '../store.ts'
import type { Usual } from './cadence.ts'

/** How long each job usually takes, from its last good runs; read from the ledger once, again after each good run. */
export interface UsualDurations {
  of(job: string): Promise<Usual | undefined>
  /** What is known without asking the ledger. */
  known(job: string): Usual | undefined
  forget(job: string): void
}

export function createUsualDurations(store: Pick<RunStore, 'durations'>): UsualDurations {
  const cache = new Map<string, Usual | undefined>()
  return {
    async of(job) {
      if (!cache.has(job)) cache.set(job, summarise(await store.durations(job)))
      return cache.get(job)
    },
    known: (job) => cache.get(job),
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
