import { ulid } from 'ulid'
import { openLedger } from '../../../src/ledger/open.ts'
import { makeRun } from '../../support/make-run.ts'
import { INSTANCE } from '../gateway.ts'
import type { PlannedJob } from './plan.ts'

const HOUR_MS = 3_600_000

/** Writes a ledger that holds the jobs' last good runs, one an hour until `until` (epoch ms). */
export async function seedHistory(ledger: string, jobs: PlannedJob[], until: number): Promise<void> {
  const store = await openLedger({ url: `sqlite:${ledger}`, synchronous: 'normal', instance: INSTANCE })

  async function seed({ name, jobId, historyMs }: PlannedJob): Promise<void> {
    for (const [index, run_ms] of historyMs.entries()) {
      const finished_at = until - (historyMs.length - index) * HOUR_MS
      const created_at = finished_at - run_ms
      const begun = { databricks_job_id: jobId, created_at, started_at: created_at, tries_in_doubt: 0 }
      const run = makeRun({
        id: ulid(created_at),
        job: name,
        client_id: 'bench',
        key: null,
        created_at,
        attempt: begun,
      })
      const ended = { state: 'SUCCEEDED', result: 'OK', message: 'Ended well.', finished_at, run_ms } as const
      await store.insert(run)
      await store.update(run, ended, { job: name, state: ended.state, result: ended.result, cause: '' })
    }
  }

  await Promise.all(jobs.map(seed))
  await store.close()
}
