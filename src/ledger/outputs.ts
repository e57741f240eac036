import type { Kysely } from 'kysely'
import type { RunStore } from '../runs/store.ts'
import type { WriteOne } from './commit.ts'
import type { Tables } from './tables.ts'

/** What ended attempts left behind, in a table of its own: it is large and seldom read. */
export function createOutputs(db: Kysely<Tables>, writeOne: WriteOne): Pick<RunStore, 'output' | 'keepOutput'> {
  return {
    output: async (runId, attempt) => {
      const row = await db
        .selectFrom('outputs')
        .select('output')
        .where('run_id', '=', runId)
        .where('attempt', '=', attempt)
        .executeTakeFirst()
      return row && JSON.parse(row.output)
    },

    keepOutput: async (runId, attempt, output) => {
      await writeOne((db) =>
        db
          .insertInto('outputs')
          .values({ run_id: runId, attempt, output: JSON.stringify(output) })
          .onConflict((conflict) => conflict.columns(['run_id', 'attempt']).doNothing())
          .execute(),
      )
    },
  }
}
