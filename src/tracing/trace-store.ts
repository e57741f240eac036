import { aroundStore } from '../runs/around-store.ts'
import type { RunStore } from '../runs/store.ts'
import type { Tracer } from './tracer.ts'

/**
 * A span for each operation that a request asks for. What the gateway asks by itself, several times a second, is told
 * in metrics only.
 */
export function traceStore(store: RunStore, tracer: Tracer): RunStore {
  return aroundStore(store, async (op, work) => {
    if (!tracer.isWithin()) return work()
    const span = tracer.begin(`ledger ${op}`, 'client', { 'db.operation.name': op })
    try {
      const value = await span.within(work)
      span.end({})
      return value
    } catch (error) {
      span.end({}, error instanceof Error ? error.name : 'unknown')
      throw error
    }
  })
}
