import { type Kysely, sql, type Transaction } from 'kysely'
import type { Ending, JobSummary } from '../runs/store.ts'
import type { Tables } from './tables.ts'

/** An ended attempt's times. */
interface EndedTimes {
  finished_at: number | null
  run_ms: number | null
}

/** Raises the totals by one ending, in the transaction that ends the attempt. */
export async function countEnding(trx: Transaction<Tables>, ending: Ending, times: EndedTimes): Promise<void> {
  await trx
    .insertInto('endings')
    .values({ ...ending, count: 1 })
    .onConflict((conflict) =>
      conflict
        .columns(['job', 'state', 'result', 'cause'])
        .doUpdateSet((eb) => ({ count: eb('endings.count', '+', 1) })),
    )
    .execute()
  if (times.finished_at === null) return
  await summarise(trx, {
    job: ending.job,
    last_result: ending.result,
    last_finished_at: times.finished_at,
    last_run_ms: times.run_ms,
    last_success_at: ending.result === 'OK' ? times.finished_at : null,
  })
}

/** Endings may be learnt in another order than they happened. */
async function summarise(trx: Transaction<Tables>, { last_success_at, ...last }: JobSummary): Promise<void> {
  await trx
    .insertInto('job_summaries')
    .values({ ...last, last_success_at: null })
    .onConflict((conflict) =>
      conflict.column('job').doUpdateSet(last).where('job_summaries.last_finished_at', '<=', last.last_finished_at),
    )
    .execute()
  if (last_success_at === null) return
  await trx
    .updateTable('job_summaries')
    .set({ last_success_at })
    .where('job', '=', last.job)
    .where((eb) => eb.or([eb('last_success_at', 'is', null), eb('last_success_at', '<', last_success_at)]))
    .execute()
}

export function totalsReader(db: Kysely<Tables>) {
  return {
    endings: () => db.selectFrom('endings').selectAll().execute(),
    jobSummaries: () => db.selectFrom('job_summaries').selectAll().execute(),
    // An attempt that has a successor has ended, so those that have not are the latest of their runs.
    activeCounts: () =>
      db
        .selectFrom('attempts')
        .select((eb) => [
          'job',
          'workspace',
          'state',
          eb.fn.countAll<number>().as('count'),
          eb.fn.min('created_at').as('oldest_created_at'),
        ])
        .where('result', '=', sql.lit(''))
        .groupBy(['job', 'workspace', 'state'])
        .execute(),
    observations: (staleBefore: number) =>
      db
        .selectFrom('attempts')
        .select((eb) => {
          const seen = eb.fn.coalesce('observed_at', 'created_at')
          return [
            'workspace',
            eb.fn.min<number>(seen).as('oldest_observed_at'),
            eb.fn.countAll<number>().filterWhere(seen, '<', staleBefore).as('stale'),
          ]
        })
        .where('result', '=', sql.lit(''))
        .where('databricks_run_id', 'is not', null)
        .groupBy('workspace')
        .execute(),
    durations: async (job: string, limit: number) => {
      const rows = await db
        .selectFrom('attempts')
        .select('run_ms')
        .where('job', '=', job)
        .where('result', '=', sql.lit('OK'))
        .where('run_ms', 'is not', null)
        .orderBy('finished_at', 'desc')
        .limit(limit)
        .$narrowType<{ run_ms: number }>()
        .execute()
      return rows.map((row) => row.run_ms)
    },
  }
}
