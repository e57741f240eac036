import type { Attempt, Run } from '../runs/run.ts'
import type { AttemptChange } from '../runs/store.ts'
import type { AttemptColumns, AttemptRow, RunRow } from './tables.ts'

/** A run joined with its latest attempt; the run's columns whose names both have are prefixed. */
export interface LatestRow extends AttemptRow {
  client_id: string
  key: string | null
  run_created_at: number
  rerun_ids: string
  run_version: number
}

/** Unambiguous whatever the three contain. */
export function keySlot(clientId: string, job: string, key: string): string {
  return JSON.stringify([clientId, job, key])
}

export function encodeRun(run: Run): RunRow {
  const { id, job, client_id, key, created_at, version, attempt } = run
  return {
    id,
    job,
    client_id,
    key,
    key_slot: key === null ? null : keySlot(client_id, job, key),
    created_at,
    rerun_ids: JSON.stringify(run.rerun_ids),
    version,
    attempt: attempt.number,
    state: attempt.state,
    result: attempt.result,
    ref: attempt.ref,
  }
}

export function encodeAttempt(run: Run, attempt: Attempt): AttemptRow {
  return {
    ...attempt,
    run_id: run.id,
    job: run.job,
    sent: JSON.stringify(attempt.sent),
    parameters: JSON.stringify(attempt.parameters),
    failure: encodeJson(attempt.failure),
    cancel: encodeJson(attempt.cancel),
    repair: encodeJson(attempt.repair),
    tasks: JSON.stringify(attempt.tasks),
    task_counts: encodeJson(attempt.task_counts),
    recovered: Number(attempt.recovered),
  }
}

export function encodeChange(change: AttemptChange): Partial<AttemptColumns> {
  const { failure, cancel, tasks, task_counts, recovered, ...plain } = change
  return {
    ...plain,
    ...(failure !== undefined && { failure: encodeJson(failure) }),
    ...(cancel !== undefined && { cancel: encodeJson(cancel) }),
    ...(tasks !== undefined && { tasks: JSON.stringify(tasks) }),
    ...(task_counts !== undefined && { task_counts: encodeJson(task_counts) }),
    ...(recovered !== undefined && { recovered: Number(recovered) }),
  }
}

export function decodeRun(row: LatestRow): Run {
  return {
    id: row.run_id,
    job: row.job,
    client_id: row.client_id,
    key: row.key,
    created_at: row.run_created_at,
    rerun_ids: JSON.parse(row.rerun_ids),
    version: row.run_version,
    attempt: decodeAttempt(row),
  }
}

/** Spelt out because every read passes here, and a literal is made in half the time of a copy of the row. */
export function decodeAttempt(row: AttemptRow): Attempt {
  return {
    number: row.number,
    kind: row.kind,
    client: row.client,
    key_id: row.key_id,
    ref: row.ref,
    remote_address: row.remote_address,
    rerun_id: row.rerun_id,
    sent: JSON.parse(row.sent),
    parameters: JSON.parse(row.parameters),
    workspace: row.workspace,
    workspace_host: row.workspace_host,
    databricks_job_id: row.databricks_job_id,
    token: row.token,
    request_body: row.request_body,
    state: row.state,
    result: row.result,
    cause: row.cause,
    message: row.message,
    failure: decodeJson(row.failure),
    cancel: decodeJson(row.cancel),
    repair: decodeJson(row.repair),
    databricks_run_id: row.databricks_run_id,
    repair_id: row.repair_id,
    run_url: row.run_url,
    recovered: row.recovered !== 0,
    life_cycle_state: row.life_cycle_state,
    result_state: row.result_state,
    termination_code: row.termination_code,
    tasks: JSON.parse(row.tasks),
    task_counts: decodeJson(row.task_counts),
    tasks_observed_at: row.tasks_observed_at,
    created_at: row.created_at,
    submit_deadline_at: row.submit_deadline_at,
    held_since: row.held_since,
    started_at: row.started_at,
    finished_at: row.finished_at,
    observed_at: row.observed_at,
    queue_ms: row.queue_ms,
    run_ms: row.run_ms,
    tries: row.tries,
    tries_in_doubt: row.tries_in_doubt,
    last_try_at: row.last_try_at,
    missing_since: row.missing_since,
    missing_count: row.missing_count,
    due_at: row.due_at,
    told_at: row.told_at,
    version: row.version,
  }
}

function encodeJson(value: object | null): string | null {
  return value && JSON.stringify(value)
}

function decodeJson<T>(text: string | null): T | null {
  return text === null ? null : JSON.parse(text)
}
