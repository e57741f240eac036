import { ulid } from 'ulid'
import { Pool } from 'undici'
import { openLedger } from '../../src/ledger/open.ts'
import { makeRun } from '../support/make-run.ts'
import { INSTANCE } from './gateway.ts'
import { JOBS, RUN_NOW_HEADERS } from './workspace.ts'

/** Writes a ledger of running runs, spread over all jobs, that the workspace really has; each is due to be looked at. */
export async function seedUnfinishedRuns(ledger: string, workspaceUrl: string, count: number): Promise<void> {
  const pool = new Pool(workspaceUrl, { connections: 16 })
  const store = await openLedger({ url: `sqlite:${ledger}`, synchronous: 'normal', instance: INSTANCE })
  const jobs = [...JOBS]

  async function seed(_: unknown, index: number): Promise<void> {
    const [job, jobId] = jobs[index % jobs.length] ?? ['', '']
    const run = await startRun(pool, jobId)
    const now = Date.now()
    await store.insert(
      makeRun({
        id: ulid(now),
        job,
        client_id: 'bench',
        key: `seed-${index}`,
        created_at: now,
        attempt: {
          client: 'bench',
          workspace_host: new URL(workspaceUrl).origin,
          databricks_job_id: jobId,
          token: `seed-${index}`,
          state: 'RUNNING',
          message: 'Running.',
          databricks_run_id: run,
          created_at: now,
          started_at: now,
          observed_at: now,
          due_at: now,
          tries_in_doubt: 0,
        },
      }),
    )
  }

  await Promise.all(Array.from({ length: count }, seed))
  await store.close()
  await pool.close()
}

async function startRun(pool: Pool, jobId: string): Promise<string> {
  const body = JSON.stringify({ job_id: Number(jobId) })
  const response = await pool.request({ method: 'POST', path: '/api/2.2/jobs/run-now', headers: RUN_NOW_HEADERS, body })
  const { run_id } = (await response.body.json()) as { run_id: number }
  return String(run_id)
}
