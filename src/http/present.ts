import type { Attempt, Cancel, Run, Task } from '../runs/run.ts'
import { isDone } from '../runs/run.ts'
import type { AttemptObject, RunObject } from './schemas/run.ts'

export interface View {
  /** Epoch ms. */
  now: number
  /** An active run that Databricks has not told of for longer than this is stale. */
  staleAfterMs: number
  /** The call that is answered started nothing: its key's run was under way, or had ended. */
  replay?: 'under-way' | 'ended' | undefined
  /** Instead of the attempt's own. */
  message?: string | undefined
  /** What the tasks left behind, as text. */
  output?: string | undefined
  /** Every task, not only failed and running ones. */
  allTasks?: boolean
  /** Shown when given, oldest first. */
  attempts?: Attempt[]
}

const TASKS_SHOWN = 20

/** A run as callers see it: design §3.1. Pure. */
export function presentRun(run: Run, view: View): RunObject {
  const { attempt } = run
  return {
    id: run.id,
    job: run.job,
    state: attempt.state,
    done: isDone(attempt.state),
    result: attempt.result,
    message: view.message ?? (view.replay === 'ended' ? explainReplay(attempt) : attempt.message),
    attempt: attempt.number,
    replayed: view.replay !== undefined,
    recovered: attempt.recovered,
    run_url: attempt.run_url,
    databricks_run_id: attempt.databricks_run_id,
    databricks_job_id: attempt.databricks_job_id,
    workspace: attempt.workspace,
    client: attempt.client,
    key: run.key,
    ref: attempt.ref,
    parameters: attempt.parameters,
    created_at: toInstant(run.created_at),
    started_at: toInstantOrNull(attempt.started_at),
    finished_at: toInstantOrNull(attempt.finished_at),
    observed_at: toInstantOrNull(attempt.observed_at),
    stale: isStale(attempt, view),
    queue_seconds: toSeconds(queueMs(attempt, view.now)),
    run_seconds: toSeconds(runMs(attempt, view.now)),
    life_cycle_state: attempt.life_cycle_state,
    result_state: attempt.result_state,
    termination_code: attempt.termination_code,
    failure: attempt.failure,
    cancel: attempt.cancel && presentCancel(attempt.cancel),
    task_counts: attempt.task_counts,
    tasks_observed_at: toInstantOrNull(attempt.tasks_observed_at),
    tasks: view.allTasks ? attempt.tasks : selectTasks(attempt.tasks),
    ...(view.output !== undefined && { output: view.output }),
    ...(view.attempts && { attempts: view.attempts.map(presentAttempt) }),
  }
}

function presentCancel({ asked_at, client, ref, sent_at }: Cancel): NonNullable<RunObject['cancel']> {
  return { asked_at: toInstant(asked_at), client, ref, sent_at: toInstantOrNull(sent_at) }
}

function presentAttempt(attempt: Attempt): AttemptObject {
  return {
    number: attempt.number,
    kind: attempt.kind,
    client: attempt.client,
    key_id: attempt.key_id,
    ref: attempt.ref,
    remote_address: attempt.remote_address,
    parameters: attempt.parameters,
    databricks_run_id: attempt.databricks_run_id,
    run_url: attempt.run_url,
    state: attempt.state,
    result: attempt.result,
    cause: attempt.cause,
    message: attempt.message,
    created_at: toInstant(attempt.created_at),
    started_at: toInstantOrNull(attempt.started_at),
    finished_at: toInstantOrNull(attempt.finished_at),
  }
}

/** What broke first in the eye of whoever reads a cut list: failed tasks, then running ones. */
function selectTasks(tasks: Task[]): Task[] {
  const named = (state: string) => tasks.filter((task) => task.state === state)
  return [...named('FAILED'), ...named('RUNNING')].slice(0, TASKS_SHOWN)
}

function isStale(attempt: Attempt, { now, staleAfterMs }: View): boolean {
  if (isDone(attempt.state) || attempt.databricks_run_id === null) return false
  return now - (attempt.observed_at ?? attempt.last_try_at ?? attempt.created_at) > staleAfterMs
}

/** Databricks counts `start_time` from the entry into the queue, and tells the time in it only afterwards. */
function queueMs(attempt: Attempt, now: number): number | null {
  return attempt.state === 'QUEUED' ? now - (attempt.started_at ?? attempt.created_at) : attempt.queue_ms
}

function runMs(attempt: Attempt, now: number): number | null {
  if (isDone(attempt.state)) return attempt.run_ms
  return attempt.started_at === null || attempt.state === 'QUEUED' ? null : now - attempt.started_at
}

/** Tenths, never below 0: the clock of Databricks is not ours. */
function toSeconds(ms: number | null): number | null {
  return ms === null ? null : Math.max(0, Math.round(ms / 100) / 10)
}

function toInstant(ms: number): string {
  return new Date(ms).toISOString()
}

function toInstantOrNull(ms: number | null): string | null {
  return ms === null ? null : toInstant(ms)
}

function explainReplay({ state, result, message, finished_at }: Attempt): string {
  const at = finished_at === null ? '' : ` at ${toInstant(finished_at)}`
  if (result === 'OK') {
    return `Nothing was started: this key's run ended well${at}. Send rerun=force or another key to run again.`
  }
  if (state === 'UNCONFIRMED') return `Nothing was started. ${message}`
  return `Nothing was started: this key's run did not end well${at}. ${asSentence(message)} Now that this was told, the same call with rerun=new or rerun=repair, or another key, runs it again.`
}

function asSentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`
}
