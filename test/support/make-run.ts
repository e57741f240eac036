import { NOTHING_YET } from '../../src/runs/intent.ts'
import type { Attempt, Run } from '../../src/runs/run.ts'

/** A run with a first attempt that was just written; every field can be set. */
export function makeRun({ attempt, ...run }: Partial<Omit<Run, 'attempt'>> & { attempt?: Partial<Attempt> } = {}): Run {
  return {
    id: '01JD00000000000000000000AA',
    job: 'nightly-load',
    client_id: 'control-m',
    key: 'K-1',
    created_at: 1_763_800_000_000,
    rerun_ids: [],
    version: 1,
    ...run,
    attempt: {
      ...NOTHING_YET,
      number: 1,
      kind: 'first',
      client: 'control-m',
      key_id: '9f86d081',
      ref: null,
      remote_address: '127.0.0.1',
      rerun_id: null,
      sent: {},
      parameters: {},
      workspace: 'main',
      workspace_host: 'https://example.cloud.databricks.com',
      databricks_job_id: '281874479417551',
      token: 't'.repeat(43),
      request_body: '{"job_id":281874479417551}',
      created_at: 1_763_800_000_000,
      submit_deadline_at: 1_763_814_400_000,
      last_try_at: null,
      due_at: null,
      ...attempt,
    },
  }
}
