/** Where a value stands: keys of mappings and positions in lists, from the top. */
export type Path = readonly (string | number)[]

/** Something wrong with the value at a path of the merged configuration; the text never holds a secret. */
export interface Finding {
  path: Path
  message: string
}

/** The file name that problems of environment variables carry. */
export const ENVIRONMENT = 'environment'

/** A finding with its place. `line` and `column` count from 1 and are there when the text could be read so far. */
export interface ConfigProblem {
  file: string
  path: string
  line?: number
  column?: number
  message: string
}

/** The configuration cannot be used; all that is wrong with it, in the order of the files. */
export class ConfigError extends Error {
  override name = 'ConfigError' as const
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    super(formatProblems(problems))
    this.problems = problems
  }
}

/** One problem a line: `gateway.yaml:12:7 jobs.load.job_id: what is wrong and what to do`. */
function formatProblems(problems: readonly ConfigProblem[]): string {
  return problems
    .map(({ file, path, line, column, message }) => {
      const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`
      return path === '' ? `${place}: ${message}` : `${place} ${path}: ${message}`
    })
    .join('\n')
}

/** `jobs.load.parameters.day.enum[0]`; a name that is not plain stands in quotes. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`
    const name = /^[\w-]+$/.test(step) ? step : JSON.stringify(step)
    return text === '' ? name : `${text}.${name}`
  }, '')
}
