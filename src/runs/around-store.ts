import type { RunStore } from './store.ts'

type Operation = (...args: unknown[]) => Promise<unknown>

/** Stands around one operation; `op` is its name as metrics and traces tell it: `get_by_key`. */
export type Around = <T>(op: string, work: () => Promise<T>) => Promise<T>

/** The same store, with `around` about each of its operations. */
export function aroundStore(store: RunStore, around: Around): RunStore {
  const surround = (name: string, operation: Operation): Operation => {
    const op = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    return (...args) => around(op, () => operation(...args))
  }
  const entries = Object.entries(store).map(([name, value]) => [
    name,
    typeof value === 'function' ? surround(name, value) : value,
  ])
  return Object.fromEntries(entries)
}
