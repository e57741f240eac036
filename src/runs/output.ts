import { stripVTControlCharacters } from 'node:util'
import type { Clock } from '../clock.ts'
import { DatabricksError } from '../databricks/errors.ts'
import type { DatabricksClient, RunOutput as UpstreamOutput } from '../databricks/types.ts'
import { GatewayError } from './errors.ts'
import type { Attempt, Run, Task } from './run.ts'
import { isDone } from './run.ts'
import type { RunStore } from './store.ts'

export interface OutputDeps {
  store: Pick<RunStore, 'output' | 'keepOutput'>
  clientFor: (attempt: Attempt) => DatabricksClient | undefined
  clock: Clock
  onError: (error: unknown) => void
}

/** What one task left behind. Texts are without ANSI codes and cut at the sizes below. */
export interface TaskOutput {
  task_key: string
  state: string
  databricks_run_id: string | null
  attempt: number
  error: string | null
  error_trace: string | null
  /** The value of dbutils.notebook.exit(). */
  notebook_exit: string | null
  /** The end of standard output and error; not for notebooks. */
  logs: string | null
  /** Something of it was cut, here or by Databricks. */
  truncated: boolean
  /** Why it could not be read; null: it was. */
  unreadable: string | null
}

/**
 * The output of each task of a run's latest attempt, or of one of them; each from its own task run, never the parent.
 * Read in Databricks once for an attempt that has ended, and kept.
 * @throws GatewayError invalid-request (no such task), databricks-unavailable
 */
export type ReadOutput = (run: Run, only: { task?: string; deadline: number }) => Promise<TaskOutput[]>

const TRACE_LENGTH = 32_768
const RESULT_LENGTH = 65_536
const LOGS_LENGTH = 65_536
/** runs/get-output is the scarcest of the reads: 20 a second for the whole workspace. */
const AT_ONCE = 4
const TASKS_READ = 100

/** Of a task that has not run there is nothing to read. */
const WITHOUT_OUTPUT = new Set(['PENDING', 'SKIPPED'])

export function createReadOutput({ store, clientFor, clock, onError }: OutputDeps): ReadOutput {
  async function readTask(client: DatabricksClient, task: Task, deadline: number): Promise<TaskOutput> {
    const { databricks_run_id } = task
    if (databricks_run_id === null || WITHOUT_OUTPUT.has(task.state)) return describe(task, {})
    try {
      return describe(task, await client.getOutput(databricks_run_id, { deadline }))
    } catch (error) {
      if (!(error instanceof DatabricksError)) throw error
      return { ...describe(task, {}), unreadable: error.message }
    }
  }

  async function readTasks(run: Run, tasks: Task[], deadline: number): Promise<TaskOutput[]> {
    const client = clientFor(run.attempt)
    if (!client)
      throw new GatewayError('databricks-unavailable', 'No credential is configured for the workspace of this run.')
    const outputs: TaskOutput[] = []
    for (let at = 0; at < tasks.length; at += AT_ONCE) {
      const together = tasks.slice(at, at + AT_ONCE)
      outputs.push(...(await Promise.all(together.map((task) => readTask(client, task, deadline)))))
    }
    return outputs
  }

  return async (run, { task, deadline }) => {
    const { attempt } = run
    const kept = isDone(attempt.state) ? await store.output(run.id, attempt.number) : undefined
    if (kept) return select(kept, task)
    const tasks = select(attempt.tasks, task).slice(0, TASKS_READ)
    const outputs = await readTasks(run, tasks, Math.max(deadline, clock.now()))
    const whole = task === undefined && outputs.every(({ unreadable }) => unreadable === null)
    if (isDone(attempt.state) && whole) await store.keepOutput(run.id, attempt.number, outputs).catch(onError)
    return outputs
  }
}

function select<T extends { task_key: string }>(tasks: T[], wanted: string | undefined): T[] {
  if (wanted === undefined) return tasks
  const found = tasks.filter(({ task_key }) => task_key === wanted)
  if (found.length > 0) return found
  const known = tasks.map(({ task_key }) => task_key).join(', ') || 'none so far'
  throw new GatewayError('invalid-request', `This run has no task ${JSON.stringify(wanted)}; it has ${known}.`)
}

function describe({ task_key, state, databricks_run_id, attempt }: Task, output: UpstreamOutput): TaskOutput {
  const trace = cutEnd(output.error_trace, TRACE_LENGTH)
  const result = cutEnd(output.notebook_output?.result ?? undefined, RESULT_LENGTH)
  const logs = cutStart(output.logs, LOGS_LENGTH)
  const cut = [trace, result, logs].some(({ truncated }) => truncated)
  return {
    task_key,
    state,
    databricks_run_id,
    attempt,
    error: output.error === undefined ? null : stripVTControlCharacters(output.error),
    error_trace: trace.text,
    notebook_exit: result.text,
    logs: logs.text,
    truncated: cut || output.logs_truncated === true || output.notebook_output?.truncated === true,
    unreadable: null,
  }
}

interface Cut {
  text: string | null
  truncated: boolean
}

function cutEnd(text: string | undefined, length: number): Cut {
  const plain = text === undefined ? null : stripVTControlCharacters(text)
  if (plain === null || plain.length <= length) return { text: plain, truncated: false }
  return { text: plain.slice(0, length).toWellFormed(), truncated: true }
}

/** Of logs the end counts. */
function cutStart(text: string | undefined, length: number): Cut {
  const plain = text === undefined ? null : stripVTControlCharacters(text)
  if (plain === null || plain.length <= length) return { text: plain, truncated: false }
  return { text: plain.slice(-length).toWellFormed(), truncated: true }
}
