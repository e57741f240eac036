import { type Static, type TProperties, Type } from '@sinclair/typebox'
import { LIST_KINDS, MAP_KINDS } from '../../config/schema/jobs.ts'
import { RERUNS } from '../../config/schema/profiles.ts'
import { choice } from './types.ts'

/** Longest key, ref and rerun_id. */
export const TEXT_LENGTH = 255

const wait = Type.Integer({
  minimum: 0,
  description:
    'Answer when the run is done or after so many seconds from the arrival of the call. Also `Prefer: wait=45`.',
})
const outcome = choice(['body', 'http'], {
  description: 'http: the status tells how the run ended: 200, 424, 409 when canceled, 202 while active.',
})
const pending = choice(['202', 'error'], {
  description: 'With outcome=http, the answer while active: 202, or error for 425.',
})
const format = choice(['json', 'text', 'result'], {
  description: 'text: the state alone. result: OK, KO or ACTIVE. Also `Accept: text/plain`.',
})
const include = Type.String({
  pattern: '^(tasks|attempts|output)(,(tasks|attempts|output))*$',
  description:
    'More of the run, with commas between: tasks (every task), attempts (all attempts), output (what the tasks left ' +
    'behind, as text of at most 16 kB; takes the permission output).',
})
const ref = Type.String({
  maxLength: TEXT_LENGTH,
  description: 'A note of where the call comes from, such as SALES/LOAD_SALES/0a1b2/1. Also `X-Ref`.',
})
const key = Type.String({
  maxLength: TEXT_LENGTH,
  description:
    'Idempotency key, such as LOAD_SALES-20261122-0a1b2: the same key never starts a second run. Also `Idempotency-Key`.',
})

const triggerOptions = {
  wait,
  outcome,
  pending,
  accepted: Type.Unsafe<200 | 202>({
    type: 'integer',
    enum: [200, 202],
    description: 'Status of an accepted trigger while its run is active. 200 does not go with outcome=http or wait.',
  }),
  format,
  include,
  key,
  rerun: choice(RERUNS, { description: 'What a repeated key does when its run did not end well.' }),
  rerun_id: Type.String({
    minLength: 1,
    maxLength: TEXT_LENGTH,
    description: 'Which press of the rerun button this is: each one starts at most one attempt.',
  }),
  ref,
  dry_run: Type.Boolean({
    description: 'true: checks everything, Databricks included, and says what would happen; nothing starts.',
  }),
  start_within: Type.Integer({
    minimum: 1,
    description: 'Shortens the time, in seconds, in which the run must have been submitted to Databricks.',
  }),
}

const readOptions = { wait, outcome, pending, format, include }
const awaitOptions = { wait, format, include }
const ofSignedLocation = {
  client: Type.String({ description: 'Of a signed Location: id of the client that it was given to.' }),
  expires: Type.Integer({ description: 'Of a signed Location: when it ends, in seconds since 1970.' }),
  signature: Type.String({ description: 'Of a signed Location: what the gateway knows it by.' }),
}
const whichWorkspace = {
  workspace: Type.String({ description: 'Which workspace, when a Databricks run id is known in two.' }),
}
const byKey = {
  job: Type.String({ minLength: 1, description: 'Name of the job.', examples: ['nightly-load'] }),
  key: Type.String({ minLength: 1, maxLength: TEXT_LENGTH, description: 'The key that was sent with the trigger.' }),
}

function closed<T extends TProperties>(properties: T, rest: object = {}) {
  return Type.Object(properties, { additionalProperties: false, ...rest })
}

export const TriggerQuerySchema = Type.Partial(closed(triggerOptions), {
  additionalProperties: false,
  patternProperties: { '^p\\..': { type: 'string' } },
})
export type TriggerQuery = Static<typeof TriggerQuerySchema>

const named = Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true })
const listed = Type.Unsafe<unknown[]>({ type: 'array', items: {} })

/** A form is brought into this shape before it is checked. */
export const TriggerBodySchema = Type.Partial(
  closed({
    parameters: {
      ...named,
      description: 'Job parameters by name. In a form, every field that is no option is one; p.NAME always is.',
    },
    ...Object.fromEntries(MAP_KINDS.map((kind) => [kind, named])),
    ...Object.fromEntries(LIST_KINDS.map((kind) => [kind, listed])),
    idempotency_key: key,
    ...triggerOptions,
  }),
  {
    additionalProperties: false,
    description:
      "Everything may be left out. Parameters may also stand under Databricks' own name for the kind of this job " +
      '(job_parameters, notebook_params, python_params …), and every option of the query here.',
    examples: [{ parameters: { day: '2026-11-22', region: 'NORTE' } }],
  },
)
export type TriggerBody = Static<typeof TriggerBodySchema>

export const RunQuerySchema = Type.Partial(closed({ ...readOptions, ...whichWorkspace }), {
  additionalProperties: false,
})
export const RefreshQuerySchema = Type.Partial(closed({ format, include, ...whichWorkspace }), {
  additionalProperties: false,
})
export const AwaitQuerySchema = Type.Partial(closed({ ...awaitOptions, ...whichWorkspace, ...ofSignedLocation }), {
  additionalProperties: false,
})
export const RunByKeyQuerySchema = Type.Composite([Type.Object(byKey), Type.Partial(Type.Object(readOptions))], {
  additionalProperties: false,
})
export const AwaitByKeyQuerySchema = Type.Composite([Type.Object(byKey), Type.Partial(Type.Object(awaitOptions))], {
  additionalProperties: false,
})

const cancelOptions = { wait, format, include, ref }
export const CancelQuerySchema = Type.Partial(closed({ ...cancelOptions, ...whichWorkspace }), {
  additionalProperties: false,
})
export const CancelByKeyQuerySchema = Type.Composite([Type.Object(byKey), Type.Partial(Type.Object(cancelOptions))], {
  additionalProperties: false,
})

export const RepairQuerySchema = Type.Partial(
  closed({
    ...readOptions,
    ref,
    tasks: Type.String({
      pattern: '^[\\w-]{1,100}( *, *[\\w-]{1,100})*$',
      description: 'Keys of the tasks to rerun, with commas between. Left out: every task that did not end well.',
    }),
    dependents: Type.Boolean({ description: 'Also the tasks that depend on them.' }),
    ...whichWorkspace,
  }),
  { additionalProperties: false },
)

/** What may be asked of a read; an await takes fewer of these. */
export type ReadQuery = Static<typeof RunQuerySchema>

/** Fields of a form that are no job parameters. */
export const FORM_OPTIONS: ReadonlySet<string> = new Set([...Object.keys(triggerOptions), 'idempotency_key'])
