import { type Kysely, sql } from 'kysely'
import type { Sighting } from '../runs/store.ts'
import type { Tables } from './tables.ts'

/** Writes sightings, each of another attempt. An attempt that has ended meanwhile stays without a next step. */
export type WriteSightings = (trx: Kysely<Tables>, sightings: Sighting[]) => Promise<void>

/** For SQLite, where a small statement that is ready costs less than a large one to be made. */
export const writeEachSighting: WriteSightings = async (trx, sightings) => {
  for (const { run_id, attempt, observed_at, due_at } of sightings) {
    await trx
      .updateTable('attempts')
      .set({ due_at, ...(observed_at !== null && { observed_at }) })
      .where('run_id', '=', run_id)
      .where('number', '=', attempt)
      .$if(observed_at !== null, (query) =>
        query.where((eb) => eb.or([eb('observed_at', 'is', null), eb('observed_at', '<=', observed_at)])),
      )
      .where('due_at', 'is not', null)
      .execute()
  }
}

/** For PostgreSQL, where each statement costs a round trip, and all of them hold on to the rows before. */
export const writeSightingsTogether: WriteSightings = async (trx, sightings) => {
  const column = (name: keyof Sighting) => sightings.map((sighting) => sighting[name])
  await sql`
    update attempts
    set due_at = seen.due_at, observed_at = coalesce(seen.observed_at, attempts.observed_at)
    from unnest(
      ${column('run_id')}::text[], ${column('attempt')}::integer[],
      ${column('observed_at')}::bigint[], ${column('due_at')}::bigint[]
    ) as seen (run_id, number, observed_at, due_at)
    where attempts.run_id = seen.run_id and attempts.number = seen.number and attempts.due_at is not null
      and (seen.observed_at is null or attempts.observed_at is null or attempts.observed_at <= seen.observed_at)
  `.execute(trx)
}
