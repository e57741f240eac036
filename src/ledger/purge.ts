import type { Kysely } from 'kysely'
import type { RunStore } from '../runs/store.ts'
import { firstId } from './first-id.ts'
import type { LedgerDatabase } from './runs.ts'
import type { Tables } from './tables.ts'

/** Removes what is too old; the totals of endings are not touched. */
export function createPurge({
  write,
  locksRows,
}: Pick<LedgerDatabase, 'write' | 'locksRows'>): Pick<RunStore, 'purge'> {
  return {
    purge: ({ endedBefore, tombstonesBefore, eventsBefore, now, limit }) =>
      write(async (trx) => {
        const runs = await selectEnded(trx, { endedBefore, limit, locksRows })
        if (runs.length > 0) {
          await trx
            .insertInto('tombstones')
            .values(runs.map(({ id, ...run }) => ({ run_id: id, ...run, purged_at: now })))
            .onConflict((conflict) => conflict.column('run_id').doNothing())
            .execute()
          const ids = runs.map(({ id }) => id)
          for (const table of ['outputs', 'attempts'] as const) {
            await trx.deleteFrom(table).where('run_id', 'in', ids).execute()
          }
          await trx.deleteFrom('runs').where('id', 'in', ids).execute()
        }
        if (runs.length === limit) return true
        if ((await deleteTombstones(trx, tombstonesBefore, limit)) === limit) return true
        return (await deleteEvents(trx, eventsBefore, limit)) === limit
      }),
  }
}

/** Ids sort by time, so the oldest runs come first and no younger one is read. A next step that is due keeps a run. */
function selectEnded(
  trx: Kysely<Tables>,
  { endedBefore, limit, locksRows }: { endedBefore: number; limit: number; locksRows: boolean },
) {
  return (
    trx
      .selectFrom('runs')
      .innerJoin('attempts', (join) =>
        join.onRef('attempts.run_id', '=', 'runs.id').onRef('attempts.number', '=', 'runs.attempt'),
      )
      .select(['runs.id', 'runs.job', 'runs.client_id', 'runs.key_slot', 'runs.attempt as last_attempt'])
      .where('runs.id', '<', firstId(endedBefore))
      .where('runs.result', '!=', '')
      .where('attempts.finished_at', '<', endedBefore)
      .where('attempts.due_at', 'is', null)
      .orderBy('runs.id')
      .limit(limit)
      // Rows that another writer has in hand are not old after all, or being purged already.
      .$if(locksRows, (query) => query.forUpdate().skipLocked())
      .execute()
  )
}

async function deleteTombstones(trx: Kysely<Tables>, purgedBefore: number, limit: number): Promise<number> {
  const { numDeletedRows } = await trx
    .deleteFrom('tombstones')
    .where('run_id', 'in', (eb) =>
      eb
        .selectFrom('tombstones')
        .select('run_id')
        .where('purged_at', '<', purgedBefore)
        .orderBy('purged_at')
        .limit(limit),
    )
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}

/** Ids sort by time. */
async function deleteEvents(trx: Kysely<Tables>, before: number, limit: number): Promise<number> {
  const { numDeletedRows } = await trx
    .deleteFrom('audit_events')
    .where('id', 'in', (eb) =>
      eb.selectFrom('audit_events').select('id').where('id', '<', firstId(before)).orderBy('id').limit(limit),
    )
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}
