/** What was learnt of how long the lists are: foreign runs stand in them too. */
export interface ListSizes {
  /** Rows that it takes to find one due run; Infinity: the list cannot be had. undefined: that of the whole workspace. */
  rowsPerRun(databricksJobId: string | undefined): number
  learn(databricksJobId: string | undefined, rows: number, runs: number): void
}

/** What was learnt is believed so long. */
const BELIEVED_MS = 10 * 60_000

export function createListSizes(now: () => number): ListSizes {
  const learnt = new Map<string | undefined, { ratio: number; until: number }>()
  return {
    rowsPerRun(job) {
      const known = learnt.get(job)
      return known && now() < known.until ? known.ratio : 1
    },
    learn(job, rows, runs) {
      learnt.set(job, { ratio: Math.max(1, rows / Math.max(1, runs)), until: now() + BELIEVED_MS })
    },
  }
}
