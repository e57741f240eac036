import type { RunStore } from '../runs/store.ts'
import type { Tracer } from './tracer.ts'

type Operation = (...args: unknown[]) => Promise<unknown>

/**
 * A span for each operation that a request asks for. What the gateway asks by itself, several times a second, is told
 * in metrics only.
 */
export function traceStore(store: RunStore, tracer: Tracer): RunStore {
  const traced = (name: string, operation: Operation): Operation => {
    // As the metrics name it.
    const op = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    return async (...args) => {
      if (!tracer.isWithin()) return operation(...args)
      const span = tracer.begin(`ledger ${op}`, 'client', { 'db.operation.name': op })
      try {
        const value = await span.within(() => operation(...args))
        span.end({})
        return value
      } catch (error) {
        span.end({}, error instanceof Error ? error.name : 'unknown')
        throw error
      }
    }
  }
  const entries = Object.entries(store).map(([name, value]) => [
    name,
    typeof value === 'function' ? traced(name, value) : value,
  ])
  return Object.fromEntries(entries)
}
