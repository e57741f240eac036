/** The only source of time. Instants are epoch milliseconds, spans are milliseconds. */
export interface Clock {
  now(): number
  /** Milliseconds since some instant that no setting of the machine's clock moves. Left out where `now` is as steady. */
  elapsed?(): number
  /** Resolves after `ms`, or at once when `signal` aborts; never rejects. The wait does not keep the process alive. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** The reason to abort a wait that has served: without one, each abort makes an error with its stack. */
export const OVER = 'over'

/** What a timer of Node can hold, some 24 days. */
const LONGEST_MS = 2 ** 31 - 1

export const systemClock: Clock = {
  now: Date.now,
  elapsed: () => performance.now(),
  // Not node:timers/promises, which makes an error, with its stack, for each of the thousands of sleeps that end early.
  sleep(ms, signal) {
    const { promise, resolve } = Promise.withResolvers<void>()
    if (signal?.aborted) {
      resolve()
      return promise
    }
    const timer = setTimeout(wake, Math.min(ms, LONGEST_MS)).unref()
    function wake(): void {
      clearTimeout(timer)
      signal?.removeEventListener('abort', wake)
      resolve()
    }
    signal?.addEventListener('abort', wake, { once: true })
    return promise
  },
}
