import { closest, distance } from 'fastest-levenshtein'
import type { JobConfig, ParametersAs } from '../config/schema/jobs.ts'
import { isRecord } from '../databricks/error-body.ts'
import type { JobSettings } from '../databricks/types.ts'
import { failed, type Result, well } from './finding.ts'

type TaskFamily = Exclude<ParametersAs, 'job_parameters'>

/** The kinds of task that read each family: Jobs API 2.2, run-now. */
const READERS: Record<TaskFamily, readonly string[]> = {
  notebook_params: ['notebook_task'],
  python_params: ['spark_python_task', 'python_wheel_task'],
  python_named_params: ['python_wheel_task'],
  jar_params: ['spark_jar_task'],
  spark_submit_params: ['spark_submit_task'],
  sql_params: ['sql_task'],
  dbt_commands: ['dbt_task'],
  pipeline_params: ['pipeline_task'],
}

const CHECK = 'parameters'
const FARTHEST_TYPO = 3

/** Whether what a trigger would send is something that the Databricks job reads. Pure. */
export function checkParameters(name: string, job: JobConfig, settings: JobSettings): Result {
  const { parameters_as: family, parameters, pass_run_id_as: runId } = job
  const sent = [...Object.keys(parameters), ...(runId === null ? [] : [runId])]
  if (sent.length === 0) return well(CHECK, 'no parameters')
  const declared = (settings.parameters ?? []).map((parameter) => parameter.name)
  return family === 'job_parameters'
    ? checkJobParameters({ name, sent, declared, settings })
    : checkTaskParameters({ name, family, sent, declared, settings })
}

interface Question {
  name: string
  /** Names that a trigger may send. */
  sent: string[]
  /** Names that the Databricks job declares. */
  declared: string[]
  settings: JobSettings
}

function checkJobParameters({ name, sent, declared, settings }: Question): Result {
  const unknown = sent.filter((each) => !declared.includes(each))
  const [first] = unknown
  if (first === undefined) return well(CHECK, `parameters fit (${sent.join(', ')})`)
  if (declared.length === 0) {
    const families = fittingFamilies(settings)
    const other = families.length > 0 ? `, or set jobs.${name}.parameters_as: ${families.join(' or ')}` : ''
    return failed(CHECK, {
      code: 'parameters-as-wrong',
      message: `the Databricks job declares no job parameters, so no task reads ${sent.join(', ')}`,
      cure: `declare them there as job parameters${other}`,
    })
  }
  const meant = closest(first, declared)
  const where = `jobs.${name}.parameters`
  const isTypo = distance(first, meant) <= FARTHEST_TYPO
  return failed(CHECK, {
    code: 'parameter-unknown',
    message: `the Databricks job knows no parameter ${unknown.join(', ')}; it knows ${declared.join(', ')}`,
    cure: `${isTypo ? `write ${meant} instead of ${first} in ${where}` : `correct ${where} or pass_run_id_as`}, or declare it in the Databricks job`,
  })
}

function checkTaskParameters({ name, family, sent, declared, settings }: Question & { family: TaskFamily }): Result {
  const where = `jobs.${name}.parameters_as`
  if (declared.length > 0) {
    return failed(CHECK, {
      code: 'parameters-as-wrong',
      message: `the Databricks job declares job parameters (${declared.join(', ')}), and then takes no ${family}`,
      cure: `set ${where}: job_parameters`,
    })
  }
  const families = fittingFamilies(settings)
  if (families.includes(family)) return well(CHECK, `${family} fit (${sent.join(', ')})`)
  const kinds = [...new Set(kindsOf(settings))].join(', ')
  return failed(CHECK, {
    code: 'parameters-as-wrong',
    message: `no task of the Databricks job reads ${family}: they are ${kinds || 'none'}`,
    cure: `set ${where}: ${[...families, 'job_parameters'].join(' or ')} (job_parameters have to be declared there)`,
  })
}

function fittingFamilies(settings: JobSettings): TaskFamily[] {
  const kinds = kindsOf(settings)
  const families = Object.keys(READERS) as TaskFamily[]
  return families.filter((family) => READERS[family].some((kind) => kinds.includes(kind)))
}

function kindsOf({ tasks = [] }: JobSettings): string[] {
  return tasks.flatMap(kindsOfTask)
}

/** What is done for each of a list is a task within a task. */
function kindsOfTask(task: object): string[] {
  return Object.entries(task)
    .filter(([key]) => key.endsWith('_task'))
    .flatMap(([key, value]) =>
      key === 'for_each_task' && isRecord(value) && isRecord(value['task']) ? kindsOfTask(value['task']) : [key],
    )
}
