import type { TaskOutput } from '../runs/output.ts'
import type { Run } from '../runs/run.ts'

const CUT = '… (cut)\n'

/**
 * A run's output as a scheduler's job log shows it: one fact a line, the task that broke first with its trace.
 * @param tailLines how many lines of each task's logs
 * @param maxBytes the text is cut at its end to stay within
 */
export function presentOutput(
  { id, job, attempt }: Run,
  outputs: TaskOutput[],
  { tailLines, maxBytes }: { tailLines: number; maxBytes: number },
): string {
  const head = [
    `run ${id} of ${job}: ${attempt.state}, attempt ${attempt.number}`,
    ...(attempt.message ? [oneLine(attempt.message)] : []),
    ...(attempt.run_url ? [attempt.run_url] : []),
  ]
  const text = `${[...head, ...outputs.flatMap((output) => presentTask(output, tailLines))].join('\n')}\n`
  return cut(text, maxBytes)
}

function presentTask(output: TaskOutput, tailLines: number): string[] {
  const { task_key, state, error, error_trace, notebook_exit, logs, truncated, unreadable } = output
  return [
    '',
    `task ${task_key}: ${state}${error === null ? '' : `: ${oneLine(error)}`}`,
    ...(unreadable === null ? [] : [`  its output cannot be read: ${oneLine(unreadable)}`]),
    ...(notebook_exit === null ? [] : [`  exit value: ${oneLine(notebook_exit)}`]),
    ...indent(error_trace, Number.POSITIVE_INFINITY),
    ...(logs ? [`  logs, last ${tailLines} lines:`, ...indent(logs, tailLines)] : []),
    ...(truncated ? ['  (cut: the whole is in Databricks)'] : []),
  ]
}

function indent(text: string | null, lines: number): string[] {
  if (!text) return []
  return text
    .trimEnd()
    .split(/\r?\n/)
    .slice(lines === Number.POSITIVE_INFINITY ? 0 : -lines)
    .map((line) => `  ${line}`)
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}

/** Never in the middle of a character. */
function cut(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= maxBytes) return text
  const room = bytes.subarray(0, maxBytes - Buffer.byteLength(CUT)).toString()
  return `${room.replace(/\ufffd+$/, '')}${CUT}`
}
