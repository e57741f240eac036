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
  work(trx: Transaction<Tables>): Promise<unknown>
  resolve(value: unknown): void
  reject(error: unknown): void
}

/**
 * Commits concurrent writes together, so that those of one turn of the event loop cost one fsync. When one fails, all are
 * undone and the others are done again: that is rare, and dearer savepoints around each write would pay for it always.
 */
export function createGroupCommit(db: Kysely<Tables>): Write {
  let queue: Entry[] = []

  const flush = async () => {
    let entries = queue
    queue = []
    while (entries.length > 0) entries = await commitTogether(db, entries)
  }

  return (work) => {
    const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<typeof work>>>()
    if (queue.push({ work, resolve: resolve as Entry['resolve'], reject }) === 1) setImmediate(flush)
    return promise
  }
}

/** Resolves with what is to be done again without the one that failed. */
async function commitTogether(db: Kysely<Tables>, entries: Entry[]): Promise<Entry[]> {
  let trx: ControlledTransaction<Tables> | undefined
  let current: Entry | undefined
  const values: unknown[] = []
  try {
    trx = await db.startTransaction().execute()
    for (current of entries) values.push(await current.work(trx))
    current = undefined
    await trx.commit().execute()
  } catch (error) {
    // Fails when SQLite has rolled back by itself (disk full, say), which is all that is wanted.
    await trx
      ?.rollback()
      .execute()
      .catch(() => {})
    if (current) current.reject(error)
    else for (const entry of entries) entry.reject(error)
    return current ? entries.filter((entry) => entry !== current) : []
  }
  for (const [index, entry] of entries.entries()) entry.resolve(values[index])
  return []
}
