import { ENVIRONMENT } from './environment.ts'
import type { Loaded } from './load.ts'
import { type ConfigProblem, type Finding, formatPath, type Path } from './problem.ts'
import { has } from './tree.ts'

const VARIABLES: Record<string, string> = {
  host: 'DATABRICKS_HOST',
  client_id: 'DATABRICKS_CLIENT_ID',
  client_secret: 'DATABRICKS_CLIENT_SECRET',
  token: 'DATABRICKS_TOKEN',
}

/**
 * Gives a finding the place that decides: in the last file that says something there, under job_defaults where a job
 * has the value from there, or in the environment.
 */
export function placeFinding({ path, message }: Finding, { tree, files }: Loaded): ConfigProblem {
  const [section, name, ...rest] = path
  if (section === 'workspaces' && name === 'default' && !has(tree, [section, name])) {
    const variable = VARIABLES[String(rest.at(-1))] ?? ''
    return { file: ENVIRONMENT, path: variable, message }
  }
  const inherited: Path = ['job_defaults', ...rest]
  const decisive = section === 'jobs' && rest.length > 0 && !has(tree, path) && has(tree, inherited) ? inherited : path
  const [file, ...others] = files
  if (!file) return { file: ENVIRONMENT, path: formatPath(path), message }
  let best = { file: file.file, ...file.locate(decisive) }
  for (const { file, locate } of others) {
    const place = locate(decisive)
    if (place.depth > 0 && place.depth >= best.depth) best = { file, ...place }
  }
  return { file: best.file, path: formatPath(decisive), line: best.line, column: best.column, message }
}

/** By file in the order of reading, then by line; what the environment lacks comes last. The same thing is said once. */
export function arrangeProblems(problems: readonly ConfigProblem[], { files }: Loaded): ConfigProblem[] {
  const order = new Map(files.map(({ file }, i) => [file, i]))
  const rank = ({ file, line = 0, column = 0 }: ConfigProblem) => [order.get(file) ?? files.length, line, column]
  const different = new Map(problems.map((problem) => [JSON.stringify(problem), problem]))
  return [...different.values()].sort((a, b) => {
    const [ranks, others] = [rank(a), rank(b)]
    return ranks.map((value, i) => value - (others[i] ?? 0)).find((difference) => difference !== 0) ?? 0
  })
}
