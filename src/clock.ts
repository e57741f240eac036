import { setTimeout as delay } from 'node:timers/promises'

/** The only source of time. Instants are epoch milliseconds, spans are milliseconds. */
export interface Clock {
  now(): number
  /** Resolves after `ms`, or at once when `signal` aborts; never rejects. The wait does not keep the process alive. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: Date.now,
  sleep: async (ms, signal) => {
    await delay(ms, undefined, { signal, ref: false }).catch(() => {})
  },
}
