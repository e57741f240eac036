import type { Kysely } from 'kysely'
import { LedgerOpenError } from './open-error.ts'
import type { Tables } from './tables.ts'

/** @throws LedgerOpenError when the ledger belongs to another one */
export async function claimInstance(db: Kysely<Tables>, instance: string): Promise<void> {
  await db
    .insertInto('settings')
    .values({ name: 'instance', value: instance })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute()
  const { value } = await db
    .selectFrom('settings')
    .select('value')
    .where('name', '=', 'instance')
    .executeTakeFirstOrThrow()
  if (value === instance) return
  throw new LedgerOpenError(
    `The ledger belongs to instance "${value}", the configuration says "${instance}": the instance is part of every Databricks token, so a changed one could start runs twice. Restore server.instance, or use another ledger.`,
  )
}
