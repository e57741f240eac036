import type { Kysely } from 'kysely'
import type { Tables } from './tables.ts'

/** Runs, each with its latest attempt, as LatestRow. */
export function selectLatest(db: Kysely<Tables>) {
  return db
    .selectFrom('runs')
    .innerJoin('attempts', (join) =>
      join.onRef('attempts.run_id', '=', 'runs.id').onRef('attempts.number', '=', 'runs.attempt'),
    )
    .selectAll('attempts')
    .select([
      'runs.client_id',
      'runs.key',
      'runs.created_at as run_created_at',
      'runs.rerun_ids',
      'runs.version as run_version',
    ])
}
