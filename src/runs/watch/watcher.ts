import { type Clock, OVER } from '../../clock.ts'
import type { Lease } from './lease.ts'

/** One kind of work on the runs of a workspace. */
export interface Lane {
  /** Starts what is due, as far as there is room; resolves with how long it has nothing else to start, ms. */
  fill(): Promise<number>
  /** Starts nothing more; resolves when what is under way is over. */
  idle(): Promise<void>
}

export interface WatcherDeps {
  lanes: Lane[]
  lease: Lease
  clock: Clock
  onError: (error: unknown) => void
}

/** Brings every unfinished run of one workspace to its end, whether or not anyone asks. */
export interface Watcher {
  start(): void
  /** Something is due at this instant, epoch ms; left out: now. */
  wake(at?: number): void
  /** Awaits what is under way. */
  stop(): Promise<void>
}

/** Other processes write due runs too: nothing waits longer than this for being seen. */
const TICK_MS = 1_000
const WITHOUT_LEASE_MS = 250
const AFTER_ERROR_MS = 1_000

export function createWatcher({ lanes, lease, clock, onError }: WatcherDeps): Watcher {
  const stopping = new AbortController()
  let alarm = new AbortController()
  let sleepsUntil = 0
  /** What was told while a turn was under way. */
  let earliest = Number.POSITIVE_INFINITY
  let ended: Promise<unknown> = Promise.resolve()

  async function turn(): Promise<number> {
    if (!lease.held()) return WITHOUT_LEASE_MS
    const waits: number[] = []
    for (const lane of lanes) waits.push(await lane.fill())
    return Math.min(TICK_MS, ...waits)
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      earliest = Number.POSITIVE_INFINITY
      const wait = await turn().catch((error) => {
        onError(error)
        return AFTER_ERROR_MS
      })
      const now = clock.now()
      sleepsUntil = Math.min(now + wait, earliest)
      alarm = new AbortController()
      await clock.sleep(Math.max(0, sleepsUntil - now), AbortSignal.any([alarm.signal, stopping.signal]))
      sleepsUntil = 0
    }
    await Promise.all(lanes.map((lane) => lane.idle()))
  }

  return {
    start() {
      ended = Promise.all([lease.keep(stopping.signal), run()])
    },
    wake(at = clock.now()) {
      earliest = Math.min(earliest, at)
      // The second for a clock that was set forward while it slept.
      if (at < sleepsUntil || at <= clock.now()) alarm.abort(OVER)
    },
    async stop() {
      stopping.abort()
      await ended
    },
  }
}
