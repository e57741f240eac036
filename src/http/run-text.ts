import { isDone, type Run } from '../runs/run.ts'
import { presentRun, type View } from './present.ts'

/** A run as JSON text. */
export type RunText = (run: Run, view: View) => string

/**
 * Ended runs are asked for again and again, and nothing in what most callers get of them changes with time: that text
 * is kept as long as the run is, and a run that changes is another object.
 */
export function createRunText(): RunText {
  const texts = new WeakMap<Run, string>()
  return (run, view) => {
    if (!isDone(run.attempt.state) || !isPlain(view)) return JSON.stringify(presentRun(run, view))
    const text = texts.get(run) ?? JSON.stringify(presentRun(run, view))
    texts.set(run, text)
    return text
  }
}

/** Nothing in the view but the time. */
function isPlain({ replay, message, output, allTasks, attempts }: View): boolean {
  return !replay && message === undefined && output === undefined && !allTasks && !attempts
}
