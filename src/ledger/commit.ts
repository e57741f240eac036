import type { ControlledTransaction, Kysely, Transaction } from 'kysely'
import type { Tables } from './tables.ts'

/**
 * Runs `work` in a transaction and resolves with its value once that is durable. When `work` rejects, what it wrote is
 * undone and the promise rejects with the same error.
 */
export type Write = <T>(work: (trx: Transaction<Tables>) => Promise<T>) => Promise<T>

/** The same for one statement, which needs no transaction around it. */
export type WriteOne = <T>(work: (db: Kysely<Tables>) => Promise<T>) => Promise<T>

interface Entry {
  /** Does the work, and returns what to tell its caller when the transaction is over. */
  run(trx: ControlledTransaction<Tables>): Promise<() => void>
  reject(error: unknown): void
}

/**
 * Commits concurrent writes together, so that those of one turn of the event loop cost one fsync. Each is isolated by
 * a savepoint: one that fails does not undo the others.
 */
export function createGroupCommit(db: Kysely<Tables>): Write {
  let queue: Entry[] = []

  const flush = async () => {
    const entries = queue
    queue = []
    try {
      const tellings = await commitTogether(db, entries)
      for (const tell of tellings) tell()
    } catch (error) {
      for (const entry of entries) entry.reject(error)
    }
  }

  return (work) => {
    const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<typeof work>>>()
    const run: Entry['run'] = async (trx) => {
      const saved = await trx.savepoint('write').execute()
      try {
        const value = await work(saved)
        await saved.releaseSavepoint('write').execute()
        return () => resolve(value)
      } catch (error) {
        // Rejects when SQLite has rolled back the whole transaction (disk full, say): then the whole group fails.
        await saved.rollbackToSavepoint('write').execute()
        await saved.releaseSavepoint('write').execute()
        return () => reject(error)
      }
    }
    if (queue.push({ run, reject }) === 1) setImmediate(flush)
    return promise
  }
}

async function commitTogether(db: Kysely<Tables>, entries: Entry[]): Promise<(() => void)[]> {
  const trx = await db.startTransaction().execute()
  try {
    const tellings = []
    for (const entry of entries) tellings.push(await entry.run(trx))
    await trx.commit().execute()
    return tellings
  } catch (error) {
    // Fails when SQLite has rolled back by itself, which is all that is wanted.
    await trx
      .rollback()
      .execute()
      .catch(() => {})
    throw error
  }
}
