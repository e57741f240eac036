import { type Static, Type } from '@sinclair/typebox'
import { SPAN_PATTERN } from '../span.ts'
import { byName, closed, oneOf } from './names.ts'
import { ParametersSchema } from './parameters.ts'
import { RERUNS } from './profiles.ts'

/** The run-now fields that carry parameters: those that take names and values, and those that take a list of values. */
export const MAP_KINDS = [
  'job_parameters',
  'notebook_params',
  'python_named_params',
  'sql_params',
  'pipeline_params',
] as const
export const LIST_KINDS = ['python_params', 'jar_params', 'spark_submit_params', 'dbt_commands'] as const

export type ParametersAs = (typeof MAP_KINDS)[number] | (typeof LIST_KINDS)[number]

const shared = {
  workspace: Type.Optional(
    Type.String({ minLength: 1, description: 'Name of the workspace; may be left out when there is only one.' }),
  ),
  description: Type.Optional(Type.String({ maxLength: 2000, description: 'What the job does, for its callers.' })),
  owner: Type.Optional(
    Type.String({ minLength: 1, maxLength: 100, description: 'Team that answers for the job; a metric label.' }),
  ),
  severity: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 50,
      description: 'How urgent a failure is, such as page or ticket; a metric label.',
    }),
  ),
  runbook: Type.Optional(
    Type.String({ minLength: 1, maxLength: 2000, description: 'Link to what to do when it fails.' }),
  ),
  parameters_as: oneOf([...MAP_KINDS, ...LIST_KINDS], {
    default: 'job_parameters',
    description: 'The field of run-now that carries the parameters; lists take the values in declared order.',
  }),
  parameters: ParametersSchema,
  additional_parameters: Type.Boolean({
    default: false,
    description: 'true passes parameters that are not declared through, as strings.',
  }),
  partial_success: oneOf(['ok', 'ko'], {
    default: 'ok',
    description: 'Result of a run that succeeded although some of its tasks failed.',
  }),
  submit_deadline_seconds: Type.Integer({
    default: 14_400,
    minimum: 1,
    maximum: 604_800,
    description: 'How long a trigger that Databricks has not confirmed is tried again.',
  }),
  key_ttl_days: Type.Integer({
    default: 14,
    minimum: 1,
    maximum: 60,
    description: 'How long, from the end of its run, a key stands for that run; later it is a new order.',
  }),
  key: oneOf(['required', 'optional'], {
    default: 'optional',
    description: 'required refuses a trigger without an idempotency key, whoever calls.',
  }),
  rerun_min_seconds: Type.Integer({
    default: 30,
    minimum: 0,
    maximum: 86_400,
    description: 'A failed key repeated sooner than this after its ending was told is answered, not run again.',
  }),
  rerun_allowed: Type.Array(oneOf(RERUNS, {}), {
    default: [...RERUNS],
    minItems: 1,
    uniqueItems: true,
    description: 'Which rerun policies callers may use on this job.',
  }),
  pass_run_id_as: Type.Union([Type.String({ minLength: 1, maxLength: 100 }), Type.Null()], {
    default: null,
    description: 'Name of a job parameter that carries the run id of the gateway, for correlation.',
  }),
  max_active: Type.Union([Type.Integer({ minimum: 1, maximum: 100_000 }), Type.Null()], {
    default: null,
    description:
      'So many runs of this gateway are active in Databricks at once; more are accepted and held here, first come first served.',
  }),
  expected_every: Type.Union(
    [Type.String({ pattern: SPAN_PATTERN, patternErrorMessage: 'a time such as 26h, 90m or 7d' }), Type.Null()],
    { default: null, description: 'An alarm is due when no run has ended well for so long, such as 26h, 90m or 7d.' },
  ),
  queue: Type.Boolean({
    default: true,
    description: 'Sent with run-now: a job at its limit of concurrent runs queues instead of skipping.',
  }),
}

const JobSchema = closed(
  {
    job_id: Type.Optional(
      Type.String({
        pattern: '^[1-9][0-9]{0,18}$',
        patternErrorMessage: 'the decimal id of a Databricks job, in quotes',
        description: 'Id of the Databricks job, in quotes. Either this or job_name.',
      }),
    ),
    job_name: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 4096,
        description: 'Name of the Databricks job, which must be unique in its workspace. Either this or job_id.',
      }),
    ),
    ...shared,
  },
  { description: 'An alias that stands for one Databricks job.' },
)

export const JobsSchema = byName(JobSchema, 'The catalogue: jobs that callers may trigger, by name.')

export const JobDefaultsSchema = Type.Partial(closed(shared, {}), {
  description: 'Put under every job; what a job says itself wins, maps key by key.',
})

/** A job of the catalogue; its workspace is known once the configuration is read. Exactly one of job_id and job_name. */
export type JobConfig = Static<typeof JobSchema> & { workspace: string }
