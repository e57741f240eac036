import type { Clock } from '../clock.ts'
import type { News } from './replicas.ts'
import type { RunStore } from './store.ts'
import type { Waits } from './wait.ts'

export interface HearingDeps {
  store: Pick<RunStore, 'get'>
  waits: Pick<Waits, 'misses' | 'wake'>
  clock: Clock
  onDue: (workspace: string, at: number) => void
  onError: (error: unknown) => void
}

/** What the other processes on the ledger do, as far as it matters in this one. */
export interface Hearing {
  hear(news: News): void
  /** Whether somebody waits for this run in another process. */
  isWaitedElsewhere(runId: string): boolean
}

export function createHearing({ store, waits, clock, onDue, onError }: HearingDeps): Hearing {
  /** Until when, epoch ms; what was told last stands last. */
  const waitedUntil = new Map<string, number>()

  function note(runId: string, until: number): void {
    const known = waitedUntil.get(runId) ?? 0
    waitedUntil.delete(runId)
    waitedUntil.set(runId, Math.max(known, until))
    for (const [id, end] of waitedUntil) {
      if (end > clock.now()) break
      waitedUntil.delete(id)
    }
  }

  /** Only for those who wait: news come of every run. */
  async function read(runId: string): Promise<void> {
    const run = await store.get(runId)
    if (run) waits.wake(run)
  }

  return {
    hear(news) {
      const { run_id, workspace, due_at, waited_until } = news
      if (waited_until !== null) note(run_id, waited_until)
      if (due_at !== null) onDue(workspace, due_at)
      if (waits.misses(news)) read(run_id).catch(onError)
    },

    isWaitedElsewhere: (runId) => (waitedUntil.get(runId) ?? 0) > clock.now(),
  }
}
