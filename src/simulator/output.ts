import type { TaskDefinition } from './definitions.ts'
import { judge } from './endings.ts'
import { attemptPhase } from './phase.ts'
import type { Attempt } from './plan.ts'
import { presentTaskRun, type View } from './present.ts'
import type { Run } from './run.ts'

/** Databricks keeps the first 5 MB of a notebook's result and the last 5 MB of logs. */
const MAX_OUTPUT = 5 * 1024 * 1024

const LOGGED = ['python', 'wheel', 'jar']

/** The body of runs/get-output for a task run. */
export function presentOutput(run: Run, attempt: Attempt, view: View) {
  const metadata = presentTaskRun(run, attempt, view)
  const task = run.definition.tasks.find(({ task_key }) => task_key === attempt.taskKey)
  const { ending } = attemptPhase(attempt, view.now)
  if (!task || run.queued || !ending) return { metadata }
  const failed = judge(ending) === 'failed' && attempt.stopping === undefined
  return { metadata, ...presentResult(task, failed), ...(failed && presentError(task, ending.message)) }
}

function presentResult({ kind = 'notebook', notebook_exit, logs }: TaskDefinition, failed: boolean) {
  if (kind === 'notebook') {
    // A notebook that failed, or never called exit, has no result.
    if (failed || notebook_exit === undefined) return { notebook_output: {} }
    const truncated = notebook_exit.length > MAX_OUTPUT
    return { notebook_output: { result: notebook_exit.slice(0, MAX_OUTPUT), truncated } }
  }
  if (!LOGGED.includes(kind) || logs === undefined) return {}
  return { logs: logs.slice(-MAX_OUTPUT), logs_truncated: logs.length > MAX_OUTPUT }
}

/** Real traces come from IPython and are coloured with ANSI escapes. */
function presentError({ error, error_trace }: TaskDefinition, message: string) {
  const short = error ?? message
  const [name, ...rest] = short.split(':')
  const coloured = `\u001b[0;31m${name}\u001b[0m${rest.length > 0 ? `:${rest.join(':')}` : ''}`
  return { error: short, error_trace: error_trace ?? `\u001b[0;31m${'-'.repeat(75)}\u001b[0m\n${coloured}` }
}
