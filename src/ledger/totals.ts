import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import type { Attempt } from '../runs/run.ts'
import type { Ending } from '../runs/store.ts'
import type { Prepend } from './prepend.ts'
import type { Tables } from './tables.ts'

/** As many run times as a percentile needs. */
const RECENT = 20

/** What a job's summary takes from an ended attempt. */
type Ended = Pick<Attempt, 'finished_at' | 'run_ms' | 'repair_id'>

/**
 * Raises the totals by one ending, in the transaction that ends the attempt. One statement for each table: until the
 * commit no other run of the job can end where rows have locks (PostgreSQL), and every statement is a round trip there.
 */
export async function countEnding(
  trx: Transaction<Tables>,
  ending: Ending,
  ended: Ended,
  prepend: Prepend,
): Promise<void> {
  await trx
    .insertInto('endings')
    .values({ ...ending, count: 1 })
    .onConflict((conflict) =>
      conflict
        .columns(['job', 'state', 'result', 'cause'])
        .doUpdateSet((eb) => ({ count: eb('endings.count', '+', 1) })),
    )
    .execute()
  const { finished_at, run_ms, repair_id } = ended
  if (finished_at === null) return
  const { job, result } = ending
  const succeeded = result === 'OK'
  // The run time of a repaired run holds the failure and all the time until the repair.
  const usualMs = succeeded && repair_id === null ? run_ms : null
  await trx
    .insertInto('job_summaries')
    .values({
      job,
      last_result: result,
      last_finished_at: finished_at,
      last_run_ms: run_ms,
      last_success_at: succeeded ? finished_at : null,
      recent_run_ms: JSON.stringify(usualMs === null ? [] : [usualMs]),
    })
    .onConflict((conflict) =>
      conflict.column('job').doUpdateSet({
        last_result: ofLatest('last_result'),
        last_finished_at: ofLatest('last_finished_at'),
        last_run_ms: ofLatest('last_run_ms'),
        ...(succeeded && { last_success_at: latestSuccess }),
        ...(usualMs !== null && { recent_run_ms: prepend('job_summaries.recent_run_ms', usualMs, RECENT) }),
      }),
    )
    .execute()
}

type Summary = Tables['job_summaries']

/** Endings may be learnt in another order than they happened. */
function ofLatest<C extends keyof Summary & string>(column: C): RawBuilder<Summary[C]> {
  return sql`case when excluded.last_finished_at >= job_summaries.last_finished_at
    then ${sql.ref(`excluded.${column}`)} else ${sql.ref(`job_summaries.${column}`)} end`
}

const latestSuccess = sql<number>`case when job_summaries.last_success_at > excluded.last_success_at
  then job_summaries.last_success_at else excluded.last_success_at end`

/** `UnfinishedRun.since`. */
const since = sql<number | null>`case
  when repair_id is not null and kind <> 'repair' then null
  when started_at > created_at then started_at
  else created_at end`

export function totalsReader(db: Kysely<Tables>) {
  // An attempt that has a successor has ended, so those that have not are the latest of their runs.
  const unfinished = db.selectFrom('attempts').where('result', '=', sql.lit(''))
  return {
    endings: () => db.selectFrom('endings').selectAll().execute(),
    jobSummaries: async () => {
      const rows = await db.selectFrom('job_summaries').selectAll().execute()
      return rows.map((row) => ({ ...row, recent_run_ms: parseTimes(row.recent_run_ms) }))
    },
    activeCounts: () =>
      unfinished
        .select((eb) => [
          'job',
          'workspace',
          'state',
          eb.fn.countAll<number>().as('count'),
          eb.fn.min<number | null>(since).as('oldest_since'),
        ])
        .groupBy(['job', 'workspace', 'state'])
        .execute(),
    unfinished: (jobs: string[]) =>
      unfinished
        .select(['job', 'state', since.as('since')])
        .where('job', 'in', jobs)
        .execute(),
    observations: (staleBefore: number) =>
      unfinished
        .select((eb) => {
          const seen = eb.fn.coalesce('observed_at', 'created_at')
          return [
            'workspace',
            eb.fn.min<number>(seen).as('oldest_observed_at'),
            eb.fn.countAll<number>().filterWhere(seen, '<', staleBefore).as('stale'),
          ]
        })
        .where('databricks_run_id', 'is not', null)
        .groupBy('workspace')
        .execute(),
    durations: async (job: string) => {
      const row = await db.selectFrom('job_summaries').select('recent_run_ms').where('job', '=', job).executeTakeFirst()
      return row ? parseTimes(row.recent_run_ms) : []
    },
  }
}

function parseTimes(json: string): number[] {
  return JSON.parse(json)
}
