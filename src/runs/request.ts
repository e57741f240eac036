import type { JobConfig } from '../config/schema/jobs.ts'
import { GatewayError } from './errors.ts'
import { isList } from './parameters.ts'
import type { ParameterValues } from './run.ts'

/** Databricks counts the JSON of the parameters together with its own key (Jobs API, run-now). */
const MAX_BYTES = 10_000

/** Databricks refuses other characters in these: Jobs API, run-now. */
const ASCII_ONLY = new Set<JobConfig['parameters_as']>(['python_params', 'spark_submit_params'])

interface RequestParts {
  databricksJobId: string
  token: string
  runId: string
}

/**
 * The exact body of an attempt's run-now call (Jobs API 2.2), the same bytes for every try.
 * @throws GatewayError invalid-parameters when Databricks would refuse the parameters
 */
export function makeRunNowBody(job: JobConfig, values: ParameterValues, parts: RequestParts): string {
  const parameters = isList(job) ? toList(job, values) : toMap(job, values, parts.runId)
  const empty = Object.keys(parameters).length === 0
  const carried = empty ? {} : { [job.parameters_as]: parameters }
  checkLimits(job, carried)
  return JSON.stringify({
    job_id: JSON.rawJSON(parts.databricksJobId),
    idempotency_token: parts.token,
    ...carried,
    queue: { enabled: job.queue },
  })
}

function toMap(job: JobConfig, values: ParameterValues, runId: string): Record<string, unknown> {
  const passed = job.pass_run_id_as === null ? {} : { [job.pass_run_id_as]: runId }
  const convert = job.parameters_as === 'pipeline_params' ? toPipelineParameter : toText
  return {
    ...Object.fromEntries(Object.entries(values).map(([name, value]) => [name, convert(name, value)])),
    ...passed,
  }
}

/** Values only, in declared order: the ones left out may only be the last ones, else the others would move up. */
function toList(job: JobConfig, values: ParameterValues): string[] {
  const names = Object.keys(job.parameters)
  const given = names.filter((name) => Object.hasOwn(values, name))
  const hole = names.find((name, index) => given[index] !== name)
  if (hole !== undefined && given.length > names.indexOf(hole)) {
    throw new GatewayError(
      'invalid-parameters',
      `${hole} is missing: this job takes its parameters by position (${names.join(', ')}), so only the last ones may be left out.`,
    )
  }
  return given.map((name) => toText(name, values[name]))
}

function toText(_name: string, value: unknown): string {
  return String(value)
}

/** full_refresh and reset flags are booleans, the `…_selection` fields lists of table names. */
function toPipelineParameter(name: string, value: unknown): unknown {
  if (!name.endsWith('_selection')) return value
  return String(value)
    .split(',')
    .map((table) => table.trim())
    .filter((table) => table !== '')
}

function checkLimits(job: JobConfig, carried: Record<string, unknown>): void {
  const text = JSON.stringify(carried)
  const bytes = Buffer.byteLength(text)
  if (bytes > MAX_BYTES) {
    throw new GatewayError(
      'invalid-parameters',
      `The parameters take ${bytes} bytes as JSON; Databricks takes ${MAX_BYTES}. Pass large values by a table or file.`,
    )
  }
  if (ASCII_ONLY.has(job.parameters_as) && bytes !== text.length) {
    throw new GatewayError('invalid-parameters', `Databricks takes only ASCII characters in ${job.parameters_as}.`)
  }
}
