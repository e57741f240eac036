import type { Clock } from '../clock.ts'
import type { RunStore } from './store.ts'

export interface ReleaseDeps {
  store: Pick<RunStore, 'jobLoad' | 'bringForward'>
  /** null: none of its runs is ever held. */
  maxActiveOf: (job: string) => number | null
  clock: Clock
  onDue: (workspace: string, at: number) => void
  onError: (error: unknown) => void
}

/** A run of the job has ended: the next of those that are held (hold.ts) may go. */
export type Release = (job: string, workspace: string) => void

export function createRelease({ store, maxActiveOf, clock, onDue, onError }: ReleaseDeps): Release {
  async function bringForward(job: string, max: number, workspace: string): Promise<void> {
    const { posted, unposted } = await store.jobLoad(job, max)
    const now = clock.now()
    for (const { run_id, attempt } of unposted.slice(0, Math.max(0, max - posted))) {
      await store.bringForward(run_id, attempt, now)
    }
    onDue(workspace, now)
  }

  return (job, workspace) => {
    const max = maxActiveOf(job)
    if (max !== null) bringForward(job, max, workspace).catch(onError)
  }
}
