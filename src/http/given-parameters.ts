import { type JobConfig, LIST_KINDS, MAP_KINDS, type ParametersAs } from '../config/schema/jobs.ts'
import { GatewayError } from '../runs/errors.ts'

/** Marks a job parameter where options have the same kind of name. */
export const PARAMETER_PREFIX = 'p.'

/** The members of a body that carry parameters. */
type ParameterMembers = { parameters?: Record<string, unknown> } & Partial<Record<ParametersAs, unknown>>

/**
 * Job parameters as they were sent, from wherever they stand: `parameters` and Databricks' own name for the job's kind
 * in the body, p.NAME in the query. Pure.
 * @throws GatewayError invalid-request when a name has two values, or the body names another kind of job
 */
export function collectParameters(job: JobConfig, query: object, body: ParameterMembers): Record<string, unknown> {
  const given = new Map<string, unknown>()
  const add = (name: string, value: unknown) => {
    if (given.has(name) && String(given.get(name)) !== String(value)) throw givenTwice(name, given.get(name), value)
    if (!given.has(name)) given.set(name, value)
  }
  for (const [name, value] of Object.entries(body.parameters ?? {})) add(name, value)
  for (const [name, value] of readOwnKind(job, body)) add(name, value)
  for (const [name, value] of Object.entries(query)) {
    if (name.startsWith(PARAMETER_PREFIX)) add(name.slice(PARAMETER_PREFIX.length), value)
  }
  return Object.fromEntries(given)
}

/** A name that stands in two places with two values. */
export function givenTwice(name: string, one: unknown, other: unknown): GatewayError {
  return new GatewayError(
    'invalid-request',
    `${name} is given twice, as ${JSON.stringify(one)} and as ${JSON.stringify(other)}. Send one.`,
  )
}

function readOwnKind(job: JobConfig, body: ParameterMembers): [name: string, value: unknown][] {
  const other = [...MAP_KINDS, ...LIST_KINDS].find((kind) => kind !== job.parameters_as && body[kind] !== undefined)
  if (other !== undefined) {
    throw new GatewayError(
      'invalid-request',
      `This job takes no ${other}; send its parameters as parameters or ${job.parameters_as}.`,
    )
  }
  const own = body[job.parameters_as] ?? {}
  if (Array.isArray(own)) return nameByPosition(job, own)
  return Object.entries(own).map(([name, value]) => [name, joinTables(job, value)])
}

/** Values of a list kind are named by the order in which the job declares its parameters. */
function nameByPosition(job: JobConfig, values: unknown[]): [string, unknown][] {
  const names = Object.keys(job.parameters)
  if (values.length > names.length) {
    throw new GatewayError(
      'invalid-parameters',
      `${job.parameters_as} has ${values.length} values; this job takes ${names.length} (${names.join(', ')}).`,
    )
  }
  return values.map((value, index) => [names[index] ?? '', value])
}

/** Databricks takes the tables of a pipeline as lists, a job parameter of ours is one text. */
function joinTables(job: JobConfig, value: unknown): unknown {
  return job.parameters_as === 'pipeline_params' && Array.isArray(value) ? value.join(',') : value
}
