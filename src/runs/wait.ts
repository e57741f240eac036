import type { Clock } from '../clock.ts'
import type { Run } from './run.ts'

interface Waiter {
  isEnough: (run: Run) => boolean
  end: (run?: Run) => void
}

interface Patience {
  /** Epoch ms. */
  until: number
  /** Aborts when the caller has gone. */
  signal?: AbortSignal
}

/** Callers that wait for a run to change; a transition wakes them at once, nothing polls. */
export interface Waits {
  /**
   * The run as soon as it is enough, else as it is when time is up, the caller has gone or all waits end.
   * Registers before it reads, so that no transition falls between.
   */
  until(read: () => Promise<Run>, runId: string, isEnough: (run: Run) => boolean, patience: Patience): Promise<Run>
  wake(run: Run): void
  /** Whether anybody waits for this run. */
  has(runId: string): boolean
  count(): number
  /** Ends all waits, also later ones, with what they have: the program stops. */
  endAll(): void
}

/** @param hurry told of each run that somebody begins to wait for, so that it is looked at soon */
export function createWaits(clock: Clock, hurry: (run: Run) => void): Waits {
  const waiters = new Map<string, Set<Waiter>>()
  let count = 0
  let ended = false

  function register(runId: string, isEnough: Waiter['isEnough']) {
    const alarm = new AbortController()
    let latest: Run | undefined
    const waiter: Waiter = {
      isEnough,
      end(run) {
        latest = run
        alarm.abort()
      },
    }
    const others = waiters.get(runId) ?? new Set()
    waiters.set(runId, others.add(waiter))
    count++
    return {
      alarm,
      woken: () => latest,
      leave() {
        others.delete(waiter)
        if (others.size === 0 && waiters.get(runId) === others) waiters.delete(runId)
        count--
      },
    }
  }

  return {
    async until(read, runId, isEnough, { until, signal }) {
      const { alarm, woken, leave } = register(runId, isEnough)
      const hangUp = () => alarm.abort()
      const msLeft = () => until - clock.now()

      /** undefined: it is to be waited for. The run is let go meanwhile: thousands may wait. */
      async function readFirst(): Promise<Run | undefined> {
        const run = await read()
        if (isEnough(run) || ended || msLeft() <= 0 || signal?.aborted) return woken() ?? run
        hurry(run)
        return undefined
      }

      signal?.addEventListener('abort', hangUp, { once: true })
      try {
        const first = await readFirst()
        if (first) return first
        if (!alarm.signal.aborted) await clock.sleep(msLeft(), alarm.signal)
        // Time ran out on changes that were not enough: say how far it got.
        return woken() ?? (await read())
      } finally {
        signal?.removeEventListener('abort', hangUp)
        leave()
      }
    },

    wake(run) {
      for (const waiter of waiters.get(run.id) ?? []) if (waiter.isEnough(run)) waiter.end(run)
    },

    has: (runId) => waiters.has(runId),
    count: () => count,

    endAll() {
      ended = true
      for (const others of waiters.values()) for (const waiter of others) waiter.end()
    },
  }
}
