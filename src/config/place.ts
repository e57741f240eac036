import type { Loaded } from './load.ts'
import { type ConfigProblem, ENVIRONMENT, type Finding, formatPath, type Path } from './problem.ts'
import { has } from './tree.ts'
import type { Places } from './unified-auth/expand-workspaces.ts'

/**
 * Gives a finding the place that decides: in the last file that says something there, under job_defaults where a job
 * has the value from there, or in the environment or a profile.
 */
export function placeFinding({ path, message }: Finding, { tree, files }: Loaded, places: Places): ConfigProblem {
  const elsewhere = places.get(formatPath(path))
  if (elsewhere) return { ...elsewhere, message }
  const [section, , ...rest] = path
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
