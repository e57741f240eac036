import { type Kysely, sql, type Transaction } from 'kysely'
import type { Attempt } from '../runs/run.ts'
import type { Ending, JobSummary } from '../runs/store.ts'
import type { Tables } from './tables.ts'

/** As many run times as a percentile needs. */
const RECENT = 20

/** What a job's summary takes from an ended attempt. */
type Ended = Pick<Attempt, 'finished_at' | 'run_ms' | 'repair_id'>

/** Raises the totals by one ending, in the transaction that ends the attempt. */
export async function countEnding(trx: Transaction<Tables>, ending: Ending, ended: Ended): Promise<void> {
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
  await summarise(trx, { job, last_result: result, last_finished_at: finished_at, last_run_ms: run_ms })
  // The run time of a repaired run holds the failure and all the time until the repair.
  if (result === 'OK') await addSuccess(trx, job, finished_at, repair_id === null ? run_ms : null)
}

type Last = Omit<JobSummary, 'last_success_at' | 'recent_run_ms'>

/** Endings may be learnt in another order than they happened. */
async function summarise(trx: Transaction<Tables>, last: Last): Promise<void> {
  await trx
    .insertInto('job_summaries')
    .values({ ...last, last_success_at: null, recent_run_ms: '[]' })
    .onConflict((conflict) =>
      conflict.column('job').doUpdateSet(last).where('job_summaries.last_finished_at', '<=', last.last_finished_at),
    )
    .execute()
}

/** The summary was written just before, so that it is locked where rows have locks (PostgreSQL), changed or not. */
async function addSuccess(trx: Transaction<Tables>, job: string, at: number, runMs: number | null): Promise<void> {
  const known = await trx
    .selectFrom('job_summaries')
    .select(['last_success_at', 'recent_run_ms'])
    .where('job', '=', job)
    .executeTakeFirstOrThrow()
  const recent = parseTimes(known.recent_run_ms)
  await trx
    .updateTable('job_summaries')
    .set({
      last_success_at: Math.max(known.last_success_at ?? at, at),
      recent_run_ms: JSON.stringify(runMs === null ? recent : [runMs, ...recent].slice(0, RECENT)),
    })
    .where('job', '=', job)
    .execute()
}

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
