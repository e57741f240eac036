import type { Clock } from '../clock.ts'
import { LedgerError } from './store.ts'

/**
 * What the ledger has not answered by `until` (epoch ms) has failed for whoever waits: rejects with LedgerError. The work
 * itself goes on.
 */
export async function inTime<T>(work: Promise<T>, until: number, clock: Clock): Promise<T> {
  const over = new AbortController()
  const tooLate = async (): Promise<never> => {
    await clock.sleep(Math.max(0, until - clock.now()), over.signal)
    throw new LedgerError('it has not answered in time')
  }
  try {
    return await Promise.race([work, tooLate()])
  } finally {
    over.abort()
  }
}
