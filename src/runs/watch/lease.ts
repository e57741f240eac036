import type { Clock } from '../../clock.ts'
import type { RunStore } from '../store.ts'

/** Life of a lease, and how often its holder renews it, ms. */
export const LIFE_MS = 5_000
export const RENEW_MS = 1_500

/** How often the others try to take it: it is over at most `LIFE_MS` after its holder, and taken within 6 s (design §6). */
const CLAIM_MS = 500

/** The right to act for a workspace: one process at a time has it. */
export interface Lease {
  held(): boolean
  /** Runs until `signal` aborts, then gives the lease back. */
  keep(signal: AbortSignal): Promise<void>
}

export interface LeaseDeps {
  store: Pick<RunStore, 'lease' | 'releaseLease'>
  clock: Clock
  name: string
  /** Names this process, and no other one before or beside it. */
  holder: string
  onError: (error: unknown) => void
}

export function createLease({ store, clock, name, holder, onError }: LeaseDeps): Lease {
  let heldUntil = Number.NEGATIVE_INFINITY

  async function renew(): Promise<void> {
    // Counted from before the call: the holder believes in its lease for less time than the database does.
    const askedAt = clock.now()
    try {
      heldUntil = (await store.lease(name, holder, LIFE_MS)) ? askedAt + LIFE_MS : Number.NEGATIVE_INFINITY
    } catch (error) {
      onError(error)
    }
  }

  const held = () => clock.now() < heldUntil

  return {
    held,

    async keep(signal) {
      while (!signal.aborted) {
        await renew()
        await clock.sleep(held() ? RENEW_MS : CLAIM_MS, signal)
      }
      heldUntil = Number.NEGATIVE_INFINITY
      await store.releaseLease(name, holder).catch(onError)
    },
  }
}
