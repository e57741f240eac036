import type { Clock } from '../clock.ts'
import type { Run } from './run.ts'
import type { AttemptChange, RunStore } from './store.ts'

export interface HoldsDeps {
  store: Pick<RunStore, 'countAhead' | 'jobLoad' | 'bringForward'>
  /** null: as many runs as Databricks takes. */
  maxActiveOf: (job: string) => number | null
  clock: Clock
  onDue: (workspace: string, at: number) => void
  onError: (error: unknown) => void
}

/** Keeps a job at its `max_active`: what is more waits here, first come first served. */
export interface Holds {
  /** What becomes of a run that has to wait; undefined: it may be submitted. It must not have been posted yet. */
  hold(run: Run): Promise<AttemptChange | undefined>
  /** A run of the job has ended: the next ones may go. */
  release(job: string, workspace: string): void
}

/** Nobody tells of a run that ended while no gateway ran, or in the moment before it is held. */
const ASK_AGAIN_MS = 10_000

export function createHolds({ store, maxActiveOf, clock, onDue, onError }: HoldsDeps): Holds {
  async function bringForward(job: string, max: number, workspace: string): Promise<void> {
    const { posted, unposted } = await store.jobLoad(job, max)
    const now = clock.now()
    for (const { run_id, attempt } of unposted.slice(0, Math.max(0, max - posted))) {
      await store.bringForward(run_id, attempt, now)
    }
    onDue(workspace, now)
  }

  return {
    async hold(run) {
      const max = maxActiveOf(run.job)
      if (max === null) return undefined
      const ahead = await store.countAhead(run)
      if (ahead < max) return undefined
      const message = `Accepted here; held until fewer than ${max} runs of ${run.job} are active (max_active), with ${ahead} ahead of it.`
      return { message, due_at: clock.now() + ASK_AGAIN_MS }
    },

    release(job, workspace) {
      const max = maxActiveOf(job)
      if (max !== null) bringForward(job, max, workspace).catch(onError)
    },
  }
}
