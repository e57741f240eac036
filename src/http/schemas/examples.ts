import type { ErrorCode } from '../../runs/errors.ts'
import { PROBLEMS } from '../problems.ts'
import type { ProblemObject } from './problem.ts'
import type { RunObject } from './run.ts'

const HOST = 'https://jobs.example.com'

const running: RunObject = {
  id: '01KAPXVZ0GQ4T8W2R5Y7B9D1FH',
  job: 'nightly-load',
  state: 'RUNNING',
  done: false,
  result: '',
  message: '2 of 5 tasks done; running: load',
  attempt: 1,
  replayed: false,
  recovered: false,
  run_url: 'https://adb-1234567890123456.7.azuredatabricks.net/jobs/281874479417551/runs/41847992357943',
  databricks_run_id: '41847992357943',
  databricks_job_id: '281874479417551',
  workspace: 'main',
  client: 'control-m',
  key: 'LOAD_SALES-20261122-0a1b2',
  ref: 'SALES/LOAD_SALES/0a1b2/1',
  parameters: { day: '2026-11-22', region: 'NORTE' },
  created_at: '2026-11-22T20:00:00.000Z',
  started_at: '2026-11-22T20:00:01.120Z',
  finished_at: null,
  observed_at: '2026-11-22T20:00:55.300Z',
  stale: false,
  queue_seconds: 14.1,
  run_seconds: 54,
  life_cycle_state: 'RUNNING',
  result_state: null,
  termination_code: null,
  failure: null,
  cancel: null,
  task_counts: { total: 5, succeeded: 2, running: 1, pending: 2, failed: 0, skipped: 0 },
  tasks_observed_at: '2026-11-22T20:00:55.300Z',
  tasks: [{ task_key: 'load', state: 'RUNNING', databricks_run_id: '89018493834650', attempt: 0, message: '' }],
}

const ended = {
  ...running,
  done: true,
  finished_at: '2026-11-22T20:12:31.000Z',
  observed_at: '2026-11-22T20:12:32.410Z',
  run_seconds: 749.9,
  life_cycle_state: 'TERMINATED',
  tasks_observed_at: '2026-11-22T20:12:32.410Z',
  tasks: [],
} satisfies RunObject

const reason = 'load: AnalysisException: Table or view not found: stg.sales'

/** Runs as answers show them, by what they are an example of. */
export const exampleRuns = {
  running,
  succeeded: {
    ...ended,
    state: 'SUCCEEDED',
    result: 'OK',
    message: 'Ended well.',
    result_state: 'SUCCESS',
    termination_code: 'SUCCESS',
    task_counts: { total: 5, succeeded: 5, running: 0, pending: 0, failed: 0, skipped: 0 },
  },
  'run-failed': {
    ...ended,
    state: 'FAILED',
    result: 'KO',
    message: reason,
    life_cycle_state: 'INTERNAL_ERROR',
    result_state: 'FAILED',
    termination_code: 'RUN_EXECUTION_ERROR',
    failure: { cause: 'user_code', task_key: 'load', message: reason, retryable: false, repairable: true },
    task_counts: { total: 5, succeeded: 2, running: 0, pending: 0, failed: 1, skipped: 2 },
    tasks: [
      {
        task_key: 'load',
        state: 'FAILED',
        databricks_run_id: '89018493834650',
        attempt: 0,
        message: 'Workload failed',
      },
    ],
  },
  'run-canceled': {
    ...ended,
    state: 'CANCELED',
    result: 'KO',
    message: 'Canceled in Databricks by a person or a program.',
    result_state: 'CANCELED',
    termination_code: 'USER_CANCELED',
    failure: {
      cause: 'canceled',
      task_key: 'load',
      message: 'Canceled in Databricks by a person or a program.',
      retryable: false,
      repairable: true,
    },
    task_counts: { total: 5, succeeded: 2, running: 0, pending: 0, failed: 1, skipped: 2 },
  },
  'run-active': running,
} satisfies Record<string, RunObject>

/** An error as it is answered; its detail is the cure, where a real one names values. */
export function exampleProblem(code: ErrorCode): ProblemObject {
  const { title, status, cure, retryable } = PROBLEMS[code]
  return {
    type: `${HOST}/problems/${code}`,
    title,
    status,
    detail: cure,
    instance: '/trigger/nightly-load',
    code,
    retryable,
    request_id: '0197c0de-7a11-4b1e-9b1d-2f1a5c6d7e8f',
  }
}
