import { type Clock, OVER } from '../clock.ts'
import { LedgerError } from './store.ts'

/**
 * What the ledger has not answered by `until` (epoch ms) has failed for whoever waits: rejects with LedgerError. The work
 * itself goes on.
 */
export function inTime<T>(work: Promise<T>, until: number, clock: Clock): Promise<T> {
  const over = new AbortController()
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  void work.then(resolve, reject).finally(() => over.abort(OVER))
  void clock.sleep(Math.max(0, until - clock.now()), over.signal).then(() => {
    if (!over.signal.aborted) reject(new LedgerError('it has not answered in time'))
  })
  return promise
}
