import { stripVTControlCharacters } from 'node:util'
import type { RunTask, Run as UpstreamRun } from '../databricks/types.ts'
import type { Cause, DoneState, Failure } from './run.ts'
import { findBrokenTask } from './tasks.ts'

const MESSAGE_LENGTH = 300

/** Causes that may be gone when the same thing is tried again. */
const RETRYABLE: ReadonlySet<Cause> = new Set(['platform', 'cluster', 'capacity', 'library', 'unconfirmed'])

const REPAIRABLE: ReadonlySet<DoneState> = new Set(['FAILED', 'TIMED_OUT', 'CANCELED', 'PARTIAL'])

interface Ending {
  state: DoneState
  cause: Cause
  /** As Databricks sent it; undefined when there never was one. */
  run?: UpstreamRun
  /** The broken task's `error` from runs/get-output, when it could be had. */
  error?: string
}

/** Why a run ended with KO: one sentence that starts with the task that broke first. */
export function explainFailure({ state, cause, run, error }: Ending): Failure {
  const task = run && findBrokenTask(run)
  return {
    cause,
    task_key: task?.task_key ?? null,
    message: oneSentence(error && task ? `${task.task_key}: ${firstLine(error)}` : explain(state, run, task)),
    retryable: RETRYABLE.has(cause),
    repairable: run !== undefined && task !== undefined && REPAIRABLE.has(state),
  }
}

/** The broken task's own message, else the run's, else what the state says by itself. */
function explain(state: DoneState, run: UpstreamRun | undefined, task: RunTask | undefined): string {
  const code = run?.status?.termination_details?.code
  const plain = code ? PLAIN_WORDS[code] : undefined
  const said = run?.status?.termination_details?.message || run?.state?.state_message
  if (plain) return said ? `${plain} Databricks says: ${firstLine(said)}` : plain
  if (state === 'TIMED_OUT') return `${task ? `${task.task_key}: ` : ''}Stopped by its own time limit in Databricks.`
  if (said) return firstLine(said)
  const taskSaid = task?.status?.termination_details?.message || task?.state?.state_message
  return taskSaid && task ? `${task.task_key}: ${firstLine(taskSaid)}` : 'Databricks gave no reason.'
}

/** What to do about the endings whose own message seldom says it. */
const PLAIN_WORDS: Record<string, string> = {
  USER_CANCELED: 'Canceled in Databricks by a person or a program.',
  MAX_CONCURRENT_RUNS_EXCEEDED:
    'Not started: the job already had as many runs at once as it allows. Raise its maximum concurrent runs or turn its queue on.',
  MAX_JOB_QUEUE_SIZE_EXCEEDED: "Not started: the job's queue was full. Start it later or less often.",
  WORKSPACE_RUN_LIMIT_EXCEEDED:
    'Not started: the workspace already ran as much as it may. Start it later or turn the queue on.',
  SKIPPED: 'Not run: nothing in it was to be run.',
  DISABLED: 'Not run: it is disabled in Databricks.',
  CLUSTER_ERROR: 'The cluster failed or could not start.',
  CLUSTER_REQUEST_LIMIT_EXCEEDED: 'The cluster could not start: too many were asked for at once.',
}

function firstLine(text: string): string {
  return (
    stripVTControlCharacters(text)
      .split(/\r?\n/)
      .map((line) => line.trim())
      .find((line) => line !== '') ?? ''
  )
}

/** At most 300 characters, never half of a surrogate pair. */
function oneSentence(text: string): string {
  const characters = Array.from(text.replaceAll(/\p{Cc}+/gu, ' ').trim())
  if (characters.length <= MESSAGE_LENGTH) return characters.join('')
  return `${characters.slice(0, MESSAGE_LENGTH - 1).join('')}…`
}
