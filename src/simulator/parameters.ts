import { invalid } from './errors.ts'
import { type Body, readList, readMap, readObject } from './fields.ts'

/** What run-now or a repair was given, checked. */
export interface RunParameters {
  readonly job: Readonly<Record<string, string>>
  /** The legacy families, as sent. */
  readonly overriding: Readonly<Record<string, unknown>>
}

const MAX_BYTES = 10_000

const FAMILIES = {
  dbt_commands: readList,
  jar_params: readList,
  notebook_params: readMap,
  pipeline_params: readObject,
  python_named_params: readMap,
  python_params: readList,
  spark_submit_params: readList,
  sql_params: readMap,
} as const

const ASCII_ONLY = ['python_params', 'spark_submit_params']
/** The families that a live workspace was not seen to refuse beside `job_parameters`. */
const FREE_TO_MIX = ['sql_params', 'pipeline_params']

/** Reads and checks every parameter family of a request body. Throws ApiError in the words of the workspace. */
export function readParameters(body: Body): RunParameters {
  const job = readMap(body, 'job_parameters') ?? {}
  checkSize('job_parameters', job)
  const overriding: Record<string, unknown> = {}
  for (const [field, readFamily] of Object.entries(FAMILIES)) {
    const value = readFamily(body, field)
    if (value === undefined) continue
    if (Object.keys(job).length > 0 && !FREE_TO_MIX.includes(field)) {
      throw invalid(`job_parameters can not be used in combination with ${field}`)
    }
    checkSize(field, value)
    overriding[field] = value
  }
  if (overriding['jar_params'] && overriding['notebook_params']) {
    throw invalid('jar_params can not be used in combination with notebook_params')
  }
  const foreign = ASCII_ONLY.find((field) => /[^\p{ASCII}]/u.test(JSON.stringify(overriding[field] ?? '')))
  if (foreign) throw invalid(`${foreign} may contain only ASCII characters`)
  return { job, overriding }
}

/** The limit counts the JSON with its own key. */
function checkSize(field: string, value: unknown): void {
  if (Buffer.byteLength(JSON.stringify({ [field]: value })) > MAX_BYTES) {
    throw invalid(`The size of ${field} exceeds the limit of ${MAX_BYTES} bytes`)
  }
}
