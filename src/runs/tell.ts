import type { Run } from './run.ts'
import { isDone } from './run.ts'
import type { RunStore } from './store.ts'

/**
 * Keeps which endings were told to the client that owns the run: only an ending that it has seen may be followed by
 * another attempt (design §4.3).
 */
export interface Tellings {
  /** An answer that shows `run` as it is has been delivered to its owner. */
  tell(run: Run, rerunId: string | undefined): void
  /** Resolves when what was told of the run so far is in the ledger. */
  settled(runId: string): Promise<void>
}

export function createTellings(deps: {
  store: RunStore
  now: () => number
  onError: (error: unknown) => void
}): Tellings {
  const pending = new Map<string, Promise<void>>()

  return {
    tell(run, rerunId) {
      const { attempt } = run
      if (!isDone(attempt.state)) return
      const news = attempt.told_at === null || (rerunId !== undefined && !run.rerun_ids.includes(rerunId))
      if (!news) return
      const told = (pending.get(run.id) ?? Promise.resolve())
        .then(() => deps.store.tell(run.id, attempt.number, deps.now(), rerunId))
        // Not told is the safe side: the ending is shown once more before anything restarts.
        .catch(deps.onError)
        .finally(() => {
          if (pending.get(run.id) === told) pending.delete(run.id)
        })
      pending.set(run.id, told)
    },

    async settled(runId) {
      await pending.get(runId)
    },
  }
}
