import type { Clock } from '../clock.ts'
import { LedgerError } from '../runs/store.ts'
import { LedgerOpenError } from './open-error.ts'

export interface Patience {
  clock: Clock
  /** Aborts when the program is to stop. */
  signal: AbortSignal | undefined
  onError: (error: LedgerError) => void
}

const AGAIN_MS = 1_000

/**
 * Tries `open` until the ledger's server can be reached: it may only be restarting, and a program that ends then helps
 * nobody.
 * @throws LedgerOpenError when the ledger is refused, or `signal` aborts first
 */
export async function reachLedger<T>(open: () => Promise<T>, { clock, signal, onError }: Patience): Promise<T> {
  for (;;) {
    try {
      return await open()
    } catch (error) {
      if (!(error instanceof LedgerError)) throw error
      if (signal?.aborted) throw new LedgerOpenError(error.message)
      onError(error)
    }
    await clock.sleep(AGAIN_MS, signal)
  }
}
