import type { Clock } from '../clock.ts'
import { aroundStore } from '../runs/around-store.ts'
import { LedgerError, type RunStore } from '../runs/store.ts'
import { REQUEST_SECONDS } from './buckets.ts'
import type { Instruments } from './instruments.ts'

/** Statements of SQLite take microseconds, a commit milliseconds. */
const FASTEST_SECONDS = [0.000_1, 0.000_5, 0.001]

/** The renewal of a lease is among them, so that every process soon learns how writes are. */
const WRITES = new Set([
  ...['insert', 'add_attempt', 'update', 'update_if_room', 'tell', 'sight', 'bring_forward', 'keep_output', 'purge'],
  ...['set_pause', 'end_pause', 'wake_held', 'record_event', 'expected_since', 'lease', 'release_lease'],
])

export interface LedgerFacts {
  /** The same store, each operation timed by its name. */
  timeStore(store: RunStore): RunStore
  /**
   * Epoch ms of the first failure after the last success; undefined: the last operation succeeded. A read that succeeds
   * proves nothing of writes: the disk may be full, or the server a stand-by.
   */
  ledgerFailingSince(): number | undefined
}

export function createLedgerFacts({ histogram }: Instruments, clock: Clock): LedgerFacts {
  const failingSince: Partial<Record<'reads' | 'writes', number>> = {}
  const durations = histogram(
    'ledger_request_duration_seconds',
    'Duration of operations of the ledger.',
    [...FASTEST_SECONDS, ...REQUEST_SECONDS],
    ['op'],
  )

  async function time<T>(op: string, work: () => Promise<T>): Promise<T> {
    // A stopwatch, not a clock: nothing is decided by it, and milliseconds would be too coarse.
    const stop = durations.startTimer({ op })
    try {
      const value = await work()
      delete failingSince.reads
      if (WRITES.has(op)) delete failingSince.writes
      return value
    } catch (error) {
      if (error instanceof LedgerError) failingSince[WRITES.has(op) ? 'writes' : 'reads'] ??= clock.now()
      throw error
    } finally {
      stop()
    }
  }

  return {
    timeStore: (store) => aroundStore(store, time),
    ledgerFailingSince() {
      const instants = Object.values(failingSince)
      return instants.length === 0 ? undefined : Math.min(...instants)
    },
  }
}
