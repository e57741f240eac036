import type { Kysely, Transaction } from 'kysely'
import type { RunStore, Sighting, Step } from '../runs/store.ts'
import type { Write } from './commit.ts'
import { selectLatest } from './latest.ts'
import { decodeRun } from './rows.ts'
import type { Tables } from './tables.ts'

/** Sightings in one transaction; more of them would hold up other writes. */
const SIGHTINGS_AT_ONCE = 250

/** null for an attempt to be submitted, not null for one to be looked at. */
const DATABRICKS_RUN_IS = { submit: 'is', look: 'is not' } as const satisfies Record<Step, string>

/** What the watcher asks: whose next step is due, and when the next one will be. None of it is a transition. */
export function createSteps(
  db: Kysely<Tables>,
  write: Write,
): Pick<RunStore, 'due' | 'nextDue' | 'sight' | 'bringForward'> {
  return {
    due: async (workspace, step, at, limit) => {
      const rows = await selectLatest(db)
        .where('attempts.workspace', '=', workspace)
        .where('attempts.databricks_run_id', DATABRICKS_RUN_IS[step], null)
        .where('attempts.due_at', '<=', at)
        .orderBy('attempts.due_at')
        .limit(limit)
        .execute()
      return rows.map(decodeRun)
    },

    nextDue: async (workspace, step, after) => {
      const next = await db
        .selectFrom('attempts')
        .select('due_at')
        .where('workspace', '=', workspace)
        .where('databricks_run_id', DATABRICKS_RUN_IS[step], null)
        .where('due_at', '>', after)
        .orderBy('due_at')
        .limit(1)
        .executeTakeFirst()
      return next?.due_at ?? undefined
    },

    sight: async (sightings) => {
      for (let at = 0; at < sightings.length; at += SIGHTINGS_AT_ONCE) {
        await write((trx) => writeSightings(trx, sightings.slice(at, at + SIGHTINGS_AT_ONCE)))
      }
    },

    bringForward: async (runId, attempt, at) => {
      await write((trx) =>
        trx
          .updateTable('attempts')
          .set({ due_at: at })
          .where('run_id', '=', runId)
          .where('number', '=', attempt)
          .where('due_at', '>', at)
          .execute(),
      )
    },
  }
}

async function writeSightings(trx: Transaction<Tables>, sightings: Sighting[]): Promise<void> {
  for (const { run_id, attempt, observed_at, due_at } of sightings) {
    await trx
      .updateTable('attempts')
      .set({ observed_at, due_at })
      .where('run_id', '=', run_id)
      .where('number', '=', attempt)
      .where((eb) => eb.or([eb('observed_at', 'is', null), eb('observed_at', '<=', observed_at)]))
      // An attempt that has ended meanwhile stays without a next step.
      .where('due_at', 'is not', null)
      .execute()
  }
}
