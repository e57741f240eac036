import { LedgerError, type RunStore } from '../runs/store.ts'

/** A ledger for a program that runs before it has reached it. */
export interface LateLedger {
  /** Fails as a ledger does that does not answer, until the real one is there. */
  store: RunStore
  arrive(ledger: RunStore): void
}

type Operation = (...args: unknown[]) => unknown

export function createLateLedger(): LateLedger {
  let arrived: RunStore | undefined

  function makeOperation(name: string): Operation {
    return async (...args) => {
      if (arrived) return (Reflect.get(arrived, name) as Operation)(...args)
      if (name === 'close') return undefined
      throw new LedgerError('it has not been reached since the start')
    }
  }

  const operations: Record<string, Operation> = {}
  return {
    store: new Proxy(operations, {
      get(_, name: string) {
        operations[name] ??= makeOperation(name)
        return operations[name]
      },
    }) as unknown as RunStore,
    arrive(ledger) {
      arrived = ledger
    },
  }
}
