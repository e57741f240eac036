/** What rows are measured with. */
export interface Bench {
  /** Removed at the end; on a disk, since ledgers live in it. */
  folder: string
  /** Where the gateway leaves a CPU profile of each of its processes. */
  cpuProfiles: string | undefined
  /** How fast time runs in the rows about watching, instead of what each has for a machine that is otherwise idle. */
  speed: number | undefined
}

/** One file of `rows/`: starts what it needs, measures, and stops it again. */
export interface Row {
  /** As in `npm run bench -- NAME`. */
  name: string
  /** Rejects when it cannot be measured. */
  measure(bench: Bench): Promise<Figure[]>
}

/** One line of the table. */
export interface Figure {
  what: string
  measured: string
  target: string
  met: boolean
  /** How it was measured, in one sentence. */
  how: string
  /** What `measured` was made of, units last in the names. */
  values: Record<string, number | number[]>
}
