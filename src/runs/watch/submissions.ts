import type { Clock } from '../../clock.ts'
import type { Run } from '../run.ts'
import type { RunStore } from '../store.ts'
import type { Lane } from './watcher.ts'

export interface SubmissionsDeps {
  workspace: string
  store: Pick<RunStore, 'dueSubmissions' | 'nextDue'>
  /** One more try to submit it, or to find out what became of it. */
  submit: (run: Run) => Promise<unknown>
  clock: Clock
  /** There is room again. */
  wake: () => void
  onError: (error: unknown, run?: Run) => void
}

/** As many wait for their turn or their answer at once; the others wait in the ledger, in the order of their arrival. */
const AT_ONCE = 20
const IDLE_MS = 1_000
const AFTER_ERROR_MS = 1_000

/** Submits, or settles, what is due in one workspace, first come first served. */
export function createSubmissions({ workspace, store, submit, clock, wake, onError }: SubmissionsDeps): Lane {
  const underWay = new Map<string, Promise<void>>()
  const stopping = new AbortController()

  async function take(run: Run): Promise<void> {
    try {
      await submit(run)
    } catch (error) {
      onError(error, run)
      // Its row is due still: without a pause it would be taken again at once.
      await clock.sleep(AFTER_ERROR_MS, stopping.signal)
    } finally {
      const wasFull = underWay.size >= AT_ONCE
      underWay.delete(run.id)
      if (wasFull) wake()
    }
  }

  return {
    async fill() {
      const now = clock.now()
      if (underWay.size >= AT_ONCE) return IDLE_MS
      // Those under way may be due still, so as many more are asked for.
      for (const run of await store.dueSubmissions(workspace, now, AT_ONCE + underWay.size)) {
        if (underWay.size < AT_ONCE && !underWay.has(run.id)) underWay.set(run.id, take(run))
      }
      if (underWay.size >= AT_ONCE) return IDLE_MS
      const next = await store.nextDue(workspace, 'submit', now)
      return next === undefined ? IDLE_MS : next - clock.now()
    },

    async idle() {
      stopping.abort()
      await Promise.all(underWay.values())
    },
  }
}
