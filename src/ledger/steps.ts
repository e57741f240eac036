import type { DueLook, RunStore, Step } from '../runs/store.ts'
import { selectLatest } from './latest.ts'
import { decodeRun } from './rows.ts'
import type { LedgerDatabase } from './runs.ts'

/** Sightings in one transaction; more of them would hold up other writes. */
const SIGHTINGS_AT_ONCE = 250

/** null for an attempt to be submitted, not null for one to be looked at. */
const DATABRICKS_RUN_IS = { submit: 'is', look: 'is not' } as const satisfies Record<Step, string>

const LOOK_COLUMNS = [
  'run_id',
  'number',
  'kind',
  'state',
  'workspace_host',
  'databricks_job_id',
  'databricks_run_id',
  'started_at',
  'tasks_observed_at',
  'missing_count',
  'due_at',
] as const

/** What the watcher asks: whose next step is due, and when the next one will be. None of it is a transition. */
export function createSteps({
  db,
  write,
  writeOne,
  writeSightings,
}: LedgerDatabase): Pick<RunStore, 'dueSubmissions' | 'dueLooks' | 'nextDue' | 'jobLoad' | 'sight' | 'bringForward'> {
  /** Active attempts of a job: Databricks has them, may have them, or (unposted) never had them. */
  const active = (job: string) => db.selectFrom('attempts').where('result', '=', '').where('job', '=', job)

  return {
    dueSubmissions: async (workspace, at, limit) => {
      const rows = await selectLatest(db)
        .where('attempts.workspace', '=', workspace)
        .where('attempts.databricks_run_id', 'is', null)
        .where('attempts.due_at', '<=', at)
        .orderBy('attempts.created_at')
        .orderBy('attempts.run_id')
        .limit(limit)
        .execute()
      return rows.map(decodeRun)
    },

    // An attempt with a next one has no next step, so that these are the latest.
    dueLooks: async (workspace, at, limit) => {
      const rows = await db
        .selectFrom('attempts')
        .select(LOOK_COLUMNS)
        .where('workspace', '=', workspace)
        .where('databricks_run_id', 'is not', null)
        .where('due_at', '<=', at)
        .orderBy('due_at')
        .orderBy('run_id')
        .limit(limit)
        .execute()
      return rows as DueLook[]
    },

    nextDue: async (workspace, step, after) => {
      const next = await db
        .selectFrom('attempts')
        .select('due_at')
        .where('workspace', '=', workspace)
        .where('databricks_run_id', DATABRICKS_RUN_IS[step], null)
        .where('due_at', '>', after)
        .orderBy('due_at')
        .limit(1)
        .executeTakeFirst()
      return next?.due_at ?? undefined
    },

    jobLoad: async (job, limit) => {
      const { count } = await active(job)
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where((eb) => eb.or([eb('databricks_run_id', 'is not', null), eb('tries_in_doubt', '>', 0)]))
        .executeTakeFirstOrThrow()
      const unposted = await active(job)
        .select(['run_id', 'number as attempt'])
        .where('databricks_run_id', 'is', null)
        .where('tries_in_doubt', '=', 0)
        .orderBy('created_at')
        .orderBy('run_id')
        .limit(limit)
        .execute()
      return { posted: Number(count), unposted }
    },

    sight: async (sightings) => {
      for (let at = 0; at < sightings.length; at += SIGHTINGS_AT_ONCE) {
        await write((trx) => writeSightings(trx, sightings.slice(at, at + SIGHTINGS_AT_ONCE)))
      }
    },

    bringForward: async (runId, attempt, at) => {
      await writeOne((db) =>
        db
          .updateTable('attempts')
          .set({ due_at: at })
          .where('run_id', '=', runId)
          .where('number', '=', attempt)
          .where('due_at', '>', at)
          .execute(),
      )
    },
  }
}
