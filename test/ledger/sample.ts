import { ulid } from 'ulid'
import type { Attempt, Run } from '../../src/runs/run.ts'

const NOON = Date.UTC(2026, 10, 22, 12)

/** An attempt that was just written, with a value of every kind of column. */
export function sampleAttempt(fields: Partial<Attempt> = {}): Attempt {
  return {
    number: 1,
    kind: 'first',
    client: 'control-m',
    key_id: 'k1',
    ref: 'SALES/LOAD_SALES/0a1b2/1',
    remote_address: '192.0.2.7',
    rerun_id: null,
    sent: { day: '2026-11-22', full: true },
    parameters: { day: '2026-11-22', full: true, share: 0.5, región: 'Ñ "quoted"' },
    workspace: 'main',
    workspace_host: 'adb-1.azuredatabricks.net',
    databricks_job_id: '281874479417551',
    token: 'token-1',
    request_body: '{"job_id":281874479417551}',
    state: 'SUBMITTING',
    result: '',
    cause: null,
    message: 'Accepted.',
    failure: null,
    cancel: null,
    repair: null,
    databricks_run_id: null,
    repair_id: null,
    run_url: null,
    recovered: false,
    life_cycle_state: null,
    result_state: null,
    termination_code: null,
    tasks: [],
    task_counts: null,
    tasks_observed_at: null,
    created_at: NOON,
    submit_deadline_at: NOON + 14_400_000,
    held_since: null,
    started_at: null,
    finished_at: null,
    observed_at: null,
    queue_ms: null,
    run_ms: null,
    tries: 0,
    tries_in_doubt: 0,
    last_try_at: null,
    missing_since: null,
    missing_count: 0,
    due_at: NOON,
    told_at: null,
    version: 1,
    ...fields,
  }
}

/** A new run. Its id is made of `created_at`, as the gateway makes it. */
export function sampleRun(fields: Partial<Omit<Run, 'attempt'>> = {}, attempt: Partial<Attempt> = {}): Run {
  const created_at = fields.created_at ?? NOON
  return {
    id: ulid(created_at),
    job: 'nightly-load',
    client_id: 'control-m',
    key: null,
    created_at,
    rerun_ids: [],
    version: 1,
    ...fields,
    attempt: sampleAttempt({ created_at, due_at: created_at, ...attempt }),
  }
}
