/** `small` ids look like those of real workspaces (15 digits); neighbouring `large` ids are one and the same double. */
const FIRST = { small: 281_874_479_417_551n, large: 7_000_000_000_000_000_001n } as const

export type IdSize = keyof typeof FIRST

/** One sequence of int64 ids, as decimal text, for jobs, runs, task runs and repairs alike. */
export function createIds(size: () => IdSize): () => string {
  let count = 0n
  return () => (FIRST[size()] + count++).toString()
}
