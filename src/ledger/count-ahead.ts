import type { Kysely } from 'kysely'
import type { Run } from '../runs/run.ts'
import type { Tables } from './tables.ts'

/** How many active attempts of the run's job Databricks has, may have, or is to have before this one. */
export async function countAhead(db: Kysely<Tables>, { id, job, attempt }: Run): Promise<number> {
  const { count } = await db
    .selectFrom('attempts')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('result', '=', '')
    .where('job', '=', job)
    .where((eb) =>
      eb.or([
        eb('databricks_run_id', 'is not', null),
        eb('tries_in_doubt', '>', 0),
        eb('created_at', '<', attempt.created_at),
        eb.and([eb('created_at', '=', attempt.created_at), eb('run_id', '<', id)]),
      ]),
    )
    .where('run_id', '!=', id)
    .executeTakeFirstOrThrow()
  return Number(count)
}
