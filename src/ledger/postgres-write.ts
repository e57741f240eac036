import type { Kysely } from 'kysely'
import type { Write, WriteOne } from './commit.ts'
import { sqlState } from './postgres-pool.ts'
import type { Tables } from './tables.ts'

/** serialization_failure and deadlock_detected: PostgreSQL undid the work so that another's could go on. */
const CONFLICTS = ['40001', '40P01']

const MAX_TRIES = 5

/** A migration locks one table after the other, and gateways at work have them in other orders. */
const MAX_MIGRATION_TRIES = 20

export interface Writes {
  /** A transaction of its own. */
  write: Write
  /** A statement is a transaction by itself: it ends even if this process does before the answer. */
  writeOne: WriteOne
  /** Resolves when every write asked for so far is done. */
  settled(): Promise<void>
}

/** A write that was sacrificed to another one is done again. */
export function createWrites(db: Kysely<Tables>): Writes {
  const underWay = new Set<Promise<unknown>>()

  async function track<T>(work: () => Promise<T>): Promise<T> {
    const done = tryAgain(work)
    underWay.add(done)
    try {
      return await done
    } finally {
      underWay.delete(done)
    }
  }

  return {
    write: (work) => track(() => db.transaction().execute(work)),
    writeOne: (work) => track(() => work(db)),
    async settled() {
      await Promise.allSettled(underWay)
    },
  }
}

/** Whoever waits for a lock first is sacrificed: a migration, too, is nothing but one long write. */
export async function tryMigration<T>(work: () => Promise<T>): Promise<T> {
  return tryAgain(work, MAX_MIGRATION_TRIES)
}

async function tryAgain<T>(work: () => Promise<T>, maxTries = MAX_TRIES): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (tries === maxTries || !CONFLICTS.includes(sqlState(error) ?? '')) throw error
    }
  }
}
