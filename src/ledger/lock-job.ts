import { type Kysely, sql } from 'kysely'
import type { Tables } from './tables.ts'

/** An advisory lock of the transaction, for this ledger's table of runs and a hash of the name: two jobs may share one. */
export async function lockJobInPostgres(trx: Kysely<Tables>, job: string): Promise<void> {
  await sql`select pg_advisory_xact_lock('runs'::regclass::oid::integer, hashtext(${job}))`.execute(trx)
}
