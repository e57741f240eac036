import { ulid } from 'ulid'
import { openLedger } from '../../../src/ledger/open.ts'
import { makeRun } from '../../support/make-run.ts'
import { INSTANCE } from '../gateway.ts'
import type { PlannedJob } from './plan.ts'

const HOUR_MS = 3_600_000

/** Writes a ledger that holds the jobs' last good runs, one an hour until `until` (epoch ms). */
export async function seedHistory(ledger: string, jobs: PlannedJob[], until: number): Promise<void> {
  const store = await openLedger({ url: `sqlite:${ledger}`, synchronous: 'normal', instance: INSTANCE })
  const runs = jobs.flatMap(({ name, jobId, historyMs }) =>
    historyMs.map((run_ms, index) => {
      const finished_at = until - (historyMs.length - index) * HOUR_MS
      const created_at = finished_at - run_ms
      const ended = { state: 'SUCCEEDED', result: 'OK', message: 'Ended well.', finished_at, run_ms } as const
      const attempt = { ...ended, databricks_job_id: jobId, created_at, started_at: created_at, tries_in_doubt: 0 }
      return makeRun({ id: ulid(created_at), job: name, client_id: 'bench', key: null, created_at, attempt })
    }),
  )
  await Promise.all(runs.map((run) => store.insert(run)))
  await store.close()
}
