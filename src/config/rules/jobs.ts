import type { Finding, Path } from '../problem.ts'
import { type JobConfig, LIST_KINDS, type ParametersAs } from '../schema/jobs.ts'
import { findFailed, listNames, type Rule, type RuleContext } from './context.ts'
import { checkParameter } from './parameters.ts'

const GREATEST_INT64 = 2n ** 63n - 1n
const TAKES_ANY_NAME = new Set<ParametersAs>(['job_parameters', 'notebook_params', 'python_named_params', 'sql_params'])

// Databricks' fields of pipeline_params, each with the type that a value needs here; a selection is a comma list.
const PIPELINE_PARAMS: Record<string, string> = {
  full_refresh: 'boolean',
  full_refresh_selection: 'string',
  refresh_selection: 'string',
  refresh_flow_selection: 'string',
  reset_checkpoint_selection: 'string',
}

export const checkJobs: Rule = (context) =>
  Object.entries(context.config.jobs).flatMap(([name, job]) => {
    const path = ['jobs', name]
    return [
      ...checkTarget(job, path, context),
      ...Object.entries(job.parameters).flatMap(([parameter, declared]) =>
        checkParameter(declared, [...path, 'parameters', parameter]),
      ),
      ...(LIST_KINDS.some((kind) => kind === job.parameters_as) ? checkList(job, path) : []),
      ...(job.parameters_as === 'pipeline_params' ? checkPipeline(job, path) : []),
      ...checkRunIdParameter(job, path),
    ]
  })

function checkTarget(job: JobConfig, path: Path, { names, given }: RuleContext): Finding[] {
  const { job_id: id, job_name: name, workspace } = job
  return findFailed([
    [id === undefined && name === undefined, [...path, 'job_id'], 'is missing: write either job_id or job_name'],
    [id !== undefined && name !== undefined, [...path, 'job_name'], 'stands beside job_id; keep one of the two'],
    [
      id !== undefined && BigInt(id) > GREATEST_INT64,
      [...path, 'job_id'],
      `must be at most ${GREATEST_INT64}, the greatest id that Databricks has`,
    ],
    [
      workspace === '' && names.workspaces.length > 1 && !given(['job_defaults', 'workspace']),
      [...path, 'workspace'],
      `is missing: with several workspaces each job names its own; ${listNames(names.workspaces)}`,
    ],
    [
      workspace !== '' && names.workspaces.length > 0 && !names.workspaces.includes(workspace),
      [...path, 'workspace'],
      `is no workspace; ${listNames(names.workspaces)}`,
    ],
  ])
}

function checkList(job: JobConfig, path: Path): Finding[] {
  return [
    ...findFailed([
      [
        job.additional_parameters,
        [...path, 'additional_parameters'],
        `does not go with ${job.parameters_as}: parameters that are not declared have no place in a list`,
      ],
    ]),
    ...checkOrder(job, [...path, 'parameters']),
  ]
}

/** Lists carry values without names, so each value must have its place. */
function checkOrder({ parameters, parameters_as: kind }: JobConfig, path: Path): Finding[] {
  const names = Object.keys(parameters)
  // JavaScript puts such names first, whatever their place in the file.
  const numbers = names.filter((name) => /^\d+$/.test(name))
  if (numbers.length > 0) {
    const message = `needs a name that is not a number, since the values of ${kind} go in declared order`
    return numbers.map((name) => ({ path: [...path, name], message }))
  }
  const isAlwaysSent = (name: string) => parameters[name]?.required || parameters[name]?.default !== undefined
  const gap = names.findIndex((name) => !isAlwaysSent(name))
  const message = `stands after ${names[gap]}, which may be left out and would move it up; put it before`
  return names
    .filter((name, i) => gap !== -1 && i > gap && isAlwaysSent(name))
    .map((name) => ({ path: [...path, name], message }))
}

function checkPipeline(job: JobConfig, path: Path): Finding[] {
  return findFailed([
    [
      job.additional_parameters,
      [...path, 'additional_parameters'],
      'does not go with pipeline_params, whose names Databricks fixes',
    ],
    ...Object.entries(job.parameters).map(([name, { type }]) => {
      const wanted = Object.hasOwn(PIPELINE_PARAMS, name) ? PIPELINE_PARAMS[name] : undefined
      const message = wanted
        ? `must have type ${wanted} in pipeline_params`
        : `is nothing that pipeline_params takes; it takes ${Object.keys(PIPELINE_PARAMS).join(', ')}`
      return [wanted !== type, [...path, 'parameters', name], message] as const
    }),
  ])
}

function checkRunIdParameter(job: JobConfig, path: Path): Finding[] {
  const name = job.pass_run_id_as
  const at = [...path, 'pass_run_id_as']
  return findFailed([
    [
      name !== null && !TAKES_ANY_NAME.has(job.parameters_as),
      at,
      `does not go with ${job.parameters_as}, which takes no further names; leave it out`,
    ],
    [
      name !== null && Object.hasOwn(job.parameters, name),
      at,
      `names ${name}, which callers set; take another name, or take that parameter out`,
    ],
  ])
}
