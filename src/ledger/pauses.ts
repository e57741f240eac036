import type { Transaction } from 'kysely'
import type { PauseStore, PauseTarget } from '../runs/pause.ts'
import { insertEvent } from './audit.ts'
import type { LedgerDatabase } from './runs.ts'
import type { Tables } from './tables.ts'

/** Pauses of submissions, and the runs that they hold. */
export function createPauseStore({
  db,
  write,
  writeOne,
}: Pick<LedgerDatabase, 'db' | 'write' | 'writeOne'>): PauseStore {
  const end = (trx: Transaction<Tables>, { scope, name }: PauseTarget, at: number) =>
    trx
      .updateTable('pauses')
      .set({ until_at: at })
      .where('scope', '=', scope)
      .where('name', '=', name)
      .where((eb) => eb.or([eb('until_at', 'is', null), eb('until_at', '>', at)]))
      .returningAll()
      .executeTakeFirst()

  return {
    pauses: () => db.selectFrom('pauses').selectAll().execute(),

    setPause: (pause, event) =>
      write(async (trx) => {
        const { scope, name, ...changes } = pause
        await trx
          .insertInto('pauses')
          .values(pause)
          .onConflict((conflict) => conflict.columns(['scope', 'name']).doUpdateSet(changes))
          .execute()
        await insertEvent(trx, event)
      }),

    endPause: (target, at, event) =>
      write(async (trx) => {
        const ended = await end(trx, target, at)
        if (ended) await insertEvent(trx, event)
        return ended
      }),

    wakeHeld: async ({ scope, name }, at, message) => {
      await writeOne((on) => {
        const held = on.updateTable('attempts').set({ due_at: at, message }).where('held_since', 'is not', null)
        return (scope === 'all' ? held : held.where(scope, '=', name)).where('due_at', '>', at).execute()
      })
    },
  }
}
