import type { TaskDefinition } from './definitions.ts'
import { invalid } from './errors.ts'

/** The tasks that `only` names: `k`, `+k` with everything upstream, `k+` with everything downstream. Throws ApiError. */
export function chooseTasks(tasks: readonly TaskDefinition[], names: readonly string[]): Set<string> {
  const chosen = new Set<string>()
  for (const name of names) {
    const [, up, key = '', down] = /^(\+?)(.*?)(\+?)$/.exec(name) ?? []
    if (!tasks.some((task) => task.task_key === key)) throw invalid(`Task ${key} does not exist.`)
    chosen.add(key)
    if (up) for (const each of reach(key, upstream(tasks))) chosen.add(each)
    if (down) for (const each of downstreamOf(tasks, [key])) chosen.add(each)
  }
  return chosen
}

/** The tasks that depend on one of `keys`, directly or not. */
export function downstreamOf(tasks: readonly TaskDefinition[], keys: Iterable<string>): Set<string> {
  const dependents = Map.groupBy(
    tasks.flatMap((task) => (task.depends_on ?? []).map(({ task_key }) => ({ from: task_key, to: task.task_key }))),
    (edge) => edge.from,
  )
  const next = (key: string) => (dependents.get(key) ?? []).map((edge) => edge.to)
  return new Set([...keys].flatMap((key) => [...reach(key, next)]))
}

function upstream(tasks: readonly TaskDefinition[]): (key: string) => string[] {
  const byKey = new Map(tasks.map((task) => [task.task_key, task]))
  return (key) => (byKey.get(key)?.depends_on ?? []).map(({ task_key }) => task_key)
}

function reach(key: string, next: (key: string) => string[]): Set<string> {
  const reached = new Set(next(key))
  for (const each of reached) for (const further of next(each)) reached.add(further)
  return reached
}
