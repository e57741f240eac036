import type { RawBuilder } from 'kysely'
import type { RunStore } from '../runs/store.ts'
import type { WriteOne } from './commit.ts'

/**
 * Leases by the database's own clock, so that two machines need not agree on the time. Each step is one statement: a
 * holder that is stopped in the middle keeps no row locked, and so nobody from taking over.
 */
export function createLeases(writeOne: WriteOne, now: RawBuilder<number>): Pick<RunStore, 'lease' | 'releaseLease'> {
  return {
    lease: (name, holder, lifeMs) =>
      writeOne(async (db) => {
        const { numInsertedOrUpdatedRows } = await db
          .insertInto('leases')
          .values((eb) => ({ name, holder, epoch: 1, expires_at: eb(now, '+', lifeMs) }))
          .onConflict((conflict) =>
            conflict
              .column('name')
              .doUpdateSet((eb) => ({
                holder,
                epoch: eb
                  .case()
                  .when('leases.holder', '=', holder)
                  .then(eb.ref('leases.epoch'))
                  .else(eb('leases.epoch', '+', 1))
                  .end(),
                expires_at: eb.ref('excluded.expires_at'),
              }))
              .where((eb) => eb.or([eb('leases.holder', '=', holder), eb('leases.expires_at', '<=', now)])),
          )
          .executeTakeFirstOrThrow()
        return numInsertedOrUpdatedRows === 1n
      }),

    // The row stays, for its epoch.
    releaseLease: async (name, holder) => {
      await writeOne((db) =>
        db.updateTable('leases').set({ expires_at: 0 }).where('name', '=', name).where('holder', '=', holder).execute(),
      )
    },
  }
}
