/** One request that reached the workspace. */
export interface Call {
  readonly time: number
  readonly method: string
  readonly path: string
  /** Without the question mark. */
  readonly query: string
  /** As received. */
  readonly body: string
  /** null until answered; 0 when the connection was cut instead. */
  status: number | null
}

/** The last calls in full, and a count of all of them. */
export interface CallLog {
  record(call: Omit<Call, 'status'>): Call
  all(): readonly Call[]
  /** By `METHOD path`. */
  counts(): Record<string, number>
  clear(): void
}

export function createCallLog(limit: () => number): CallLog {
  let calls: Call[] = []
  const counts = new Map<string, number>()
  return {
    record: (entry) => {
      const call: Call = { ...entry, status: null }
      const key = `${call.method} ${call.path}`
      counts.set(key, (counts.get(key) ?? 0) + 1)
      calls.push(call)
      // Cut in halves, not one by one, so that a full log costs nothing per call.
      if (calls.length > 2 * limit()) calls = calls.slice(-limit() || calls.length)
      return call
    },
    all: () => calls.slice(-limit() || calls.length),
    counts: () => Object.fromEntries(counts),
    clear: () => {
      calls = []
      counts.clear()
    },
  }
}
