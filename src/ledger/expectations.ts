import type { Kysely } from 'kysely'
import type { RunStore } from '../runs/store.ts'
import type { WriteOne } from './commit.ts'
import type { Tables } from './tables.ts'

/** Since when good runs of a job are expected: the first time that anybody asked. */
export function createExpectations(db: Kysely<Tables>, writeOne: WriteOne): Pick<RunStore, 'expectedSince'> {
  const read = () => db.selectFrom('expectations').selectAll().orderBy('job').execute()

  return {
    expectedSince: async (jobs, now) => {
      let known = await read()
      const unknown = new Set(jobs).difference(new Set(known.map(({ job }) => job)))
      if (unknown.size > 0) {
        await writeOne((db) =>
          db
            .insertInto('expectations')
            .values([...unknown].map((job) => ({ job, since: now })))
            .onConflict((conflict) => conflict.column('job').doNothing())
            .execute(),
        )
        known = await read()
      }
      const asked = new Set(jobs)
      return known.filter(({ job }) => asked.has(job))
    },
  }
}
