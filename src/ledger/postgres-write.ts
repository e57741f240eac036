import type { Kysely } from 'kysely'
import type { Write, WriteOne } from './commit.ts'
import { sqlState } from './postgres-pool.ts'
import type { Tables } from './tables.ts'

/** serialization_failure and deadlock_detected: PostgreSQL undid the work so that another's could go on. */
const CONFLICTS = ['40001', '40P01']

const MAX_TRIES = 5

/** Each write is a transaction of its own; one that was sacrificed to another is done again. */
export function createTransactions(db: Kysely<Tables>): Write {
  return (work) => tryAgain(() => db.transaction().execute(work))
}

/** For writes of one statement, which is a transaction by itself: it ends even if this process does before the answer. */
export function createStatements(db: Kysely<Tables>): WriteOne {
  return (work) => tryAgain(() => work(db))
}

async function tryAgain<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (tries === MAX_TRIES || !CONFLICTS.includes(sqlState(error) ?? '')) throw error
    }
  }
}
