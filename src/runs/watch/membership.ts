import type { Clock } from '../../clock.ts'
import type { Replicas } from '../replicas.ts'
import { LIFE_MS, RENEW_MS } from './lease.ts'

/** This process among those that share the ledger. */
export interface Membership {
  /** How many live, this one included, as of the last renewal. */
  replicas(): number
  /** Resolves once the others are told that this process is gone. */
  leave(): Promise<void>
}

export interface MembershipDeps {
  replicas: Pick<Replicas, 'attend' | 'leave'>
  clock: Clock
  /** Names this process, and no other one before or beside it. */
  holder: string
  onError: (error: unknown) => void
}

/** Counted from now on, until it leaves or does not renew it in time. Who has no ledger keeps the last count: it can start nothing. */
export async function joinReplicas({ replicas, clock, holder, onError }: MembershipDeps): Promise<Membership> {
  const leaving = new AbortController()
  let count = await replicas.attend(holder, LIFE_MS)

  async function keep(): Promise<void> {
    for (;;) {
      await clock.sleep(RENEW_MS, leaving.signal)
      if (leaving.signal.aborted) return
      try {
        count = await replicas.attend(holder, LIFE_MS)
      } catch (error) {
        onError(error)
      }
    }
  }

  const kept = keep()
  return {
    replicas: () => count,
    async leave() {
      leaving.abort()
      await kept
      await replicas.leave(holder).catch(onError)
    },
  }
}
