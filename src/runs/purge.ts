import type { Clock } from '../clock.ts'
import type { RunStore } from './store.ts'

export interface PurgeDeps {
  store: Pick<RunStore, 'purge'>
  clock: Clock
  /** How long ended runs are kept. */
  retentionMs: number
  /** How long audit events are kept. */
  auditRetentionMs: number
  onError: (error: unknown) => void
}

/** A few milliseconds of work, then a long rest: triggers are not held up by it. */
const BATCH = 20
const BETWEEN_BATCHES_MS = 250
const BETWEEN_ROUNDS_MS = 3_600_000
/** A purged key's attempts go on counting, and its runs answer 410, for so long. */
const TOMBSTONE_MS = 400 * 86_400_000

/** Removes finished runs and audit events after their retention, a few at a time, until `signal` aborts. Safe on every replica. */
export async function keepPurging(
  { store, clock, retentionMs, auditRetentionMs, onError }: PurgeDeps,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const now = clock.now()
    const round = {
      endedBefore: now - retentionMs,
      tombstonesBefore: now - TOMBSTONE_MS,
      eventsBefore: now - auditRetentionMs,
      now,
      limit: BATCH,
    }
    const more = await store.purge(round).catch((error) => {
      onError(error)
      return false
    })
    await clock.sleep(more ? BETWEEN_BATCHES_MS : BETWEEN_ROUNDS_MS, signal)
  }
}
