import { type Clock, OVER } from '../clock.ts'
import type { Position } from './replicas.ts'
import type { Run } from './run.ts'

interface Waiter {
  isEnough: (run: Run) => boolean
  end: (run?: Run) => void
}

/** All who wait for one run. */
interface Group {
  waiters: Set<Waiter>
  /** How far they have seen it come. */
  seen: Pick<Position, 'attempt' | 'version'>
}

interface Patience {
  /** Epoch ms. */
  until: number
  /** Aborts when the caller has gone. */
  signal?: AbortSignal
}

/**
 * Callers that wait for a run to change; a transition wakes them at once, nothing polls. That of another process is
 * heard of (hear.ts).
 */
export interface Waits {
  /**
   * The run as soon as it is enough, else as it is when time is up, the caller has gone or all waits end.
   * Registers before it reads, so that no transition falls between.
   */
  until(read: () => Promise<Run>, runId: string, isEnough: (run: Run) => boolean, patience: Patience): Promise<Run>
  wake(run: Run): void
  /** Whether anybody waits for this run. */
  has(runId: string): boolean
  /** The runs that somebody waits for, as they were last seen. */
  waited(): Position[]
  /** Whether somebody waits for this run who has not seen it come so far. */
  misses(position: Position): boolean
  count(): number
  /** Ends all waits, also later ones, with what they have: the program stops. */
  endAll(): void
}

/** @param hurry told of each run that somebody begins to wait for, and until when, so that it is looked at soon */
export function createWaits(clock: Clock, hurry: (run: Run, until: number) => void): Waits {
  const groups = new Map<string, Group>()
  let count = 0
  let ended = false

  function register(runId: string, isEnough: Waiter['isEnough']) {
    const alarm = new AbortController()
    let latest: Run | undefined
    const waiter: Waiter = {
      isEnough,
      end(run) {
        latest = run
        alarm.abort(OVER)
      },
    }
    const group = groups.get(runId) ?? { waiters: new Set(), seen: { attempt: 0, version: 0 } }
    groups.set(runId, group)
    group.waiters.add(waiter)
    count++
    return {
      alarm,
      woken: () => latest,
      leave() {
        group.waiters.delete(waiter)
        if (group.waiters.size === 0 && groups.get(runId) === group) groups.delete(runId)
        count--
      },
    }
  }

  function see({ id, attempt }: Run): void {
    const group = groups.get(id)
    const position = { attempt: attempt.number, version: attempt.version }
    if (group && isLater(position, group.seen)) group.seen = position
  }

  return {
    async until(read, runId, isEnough, { until, signal }) {
      const { alarm, woken, leave } = register(runId, isEnough)
      const hangUp = () => alarm.abort(OVER)
      const msLeft = () => until - clock.now()

      /** undefined: it is to be waited for. The run is let go meanwhile: thousands may wait. */
      async function readFirst(): Promise<Run | undefined> {
        const run = await read()
        if (isEnough(run) || ended || msLeft() <= 0 || signal?.aborted) return woken() ?? run
        see(run)
        hurry(run, until)
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
      see(run)
      for (const waiter of groups.get(run.id)?.waiters ?? []) if (waiter.isEnough(run)) waiter.end(run)
    },

    has: (runId) => groups.has(runId),
    waited: () => [...groups].map(([run_id, { seen }]) => ({ run_id, ...seen })),
    misses(position) {
      const group = groups.get(position.run_id)
      return group !== undefined && isLater(position, group.seen)
    },
    count: () => count,

    endAll() {
      ended = true
      for (const { waiters } of groups.values()) for (const waiter of waiters) waiter.end()
    },
  }
}

function isLater(position: Group['seen'], than: Group['seen']): boolean {
  return position.attempt > than.attempt || (position.attempt === than.attempt && position.version > than.version)
}
