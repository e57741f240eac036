import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'

const closed = { additionalProperties: false } as const
const span = Type.Integer({ minimum: 0 })

/**
 * How a task attempt ends: `success`, `failed`, `timed_out`, `canceled`, `internal_error`, `cloud_failure`, any
 * termination code of Databricks, or a value that nobody has seen yet. The object form changes single fields of `as`.
 */
const Outcome = Type.Union([
  Type.String({ minLength: 1 }),
  Type.Object(
    {
      as: Type.Optional(Type.String()),
      life_cycle_state: Type.Optional(Type.String()),
      result_state: Type.Optional(Type.Union([Type.String(), Type.Null()])),
      code: Type.Optional(Type.String()),
      type: Type.Optional(Type.String()),
      message: Type.Optional(Type.String()),
    },
    closed,
  ),
])

const Literals = <T extends string>(...values: T[]) => Type.Union(values.map((value) => Type.Literal(value)))

const Task = Type.Object(
  {
    task_key: Type.String({ pattern: '^[\\w-]{1,100}$' }),
    depends_on: Type.Optional(
      Type.Array(Type.Object({ task_key: Type.String(), outcome: Type.Optional(Literals('true', 'false')) }, closed)),
    ),
    run_if: Type.Optional(
      Literals('ALL_SUCCESS', 'AT_LEAST_ONE_SUCCESS', 'NONE_FAILED', 'ALL_DONE', 'AT_LEAST_ONE_FAILED', 'ALL_FAILED'),
    ),
    kind: Type.Optional(
      Literals('notebook', 'python', 'wheel', 'jar', 'spark_submit', 'sql', 'dbt', 'pipeline', 'condition'),
    ),
    /** Execution, default 1,000; a list as of `outcome`. */
    duration_ms: Type.Optional(Type.Union([span, Type.Array(span, { minItems: 1 })])),
    /** Setup before it; default the job's for a task that follows no other in its round, else 0. */
    pending_ms: Type.Optional(span),
    /** A list gives the outcome of the job's first, second, … run; its last item holds for all later ones. */
    outcome: Type.Optional(Type.Union([Outcome, Type.Array(Outcome, { minItems: 1 })])),
    /** Outcome by attempt within one run, retries and repairs counted on; the last holds. Beats `outcome`. */
    attempts: Type.Optional(Type.Array(Outcome, { minItems: 1 })),
    max_retries: Type.Optional(Type.Integer({ minimum: -1 })),
    min_retry_interval_ms: Type.Optional(span),
    retry_on_timeout: Type.Optional(Type.Boolean()),
    timeout_seconds: Type.Optional(span),
    disabled: Type.Optional(Type.Boolean()),
    condition_outcome: Type.Optional(Literals('true', 'false')),
    error: Type.Optional(Type.String()),
    error_trace: Type.Optional(Type.String()),
    /** What the notebook hands to `dbutils.notebook.exit()`. */
    notebook_exit: Type.Optional(Type.String()),
    logs: Type.Optional(Type.String()),
  },
  closed,
)

/** A job of the simulated workspace: what it looks like and how its runs go. */
const Job = Type.Object(
  {
    /** Given by the workspace when left out. */
    job_id: Type.Optional(Type.Union([Type.String({ pattern: '^[1-9]\\d{0,18}$' }), Type.Integer(), Type.BigInt()])),
    name: Type.String({ minLength: 1 }),
    tasks: Type.Array(Task, { minItems: 1, maxItems: 1_000 }),
    parameters: Type.Optional(Type.Array(Type.Object({ name: Type.String(), default: Type.String() }, closed))),
    max_concurrent_runs: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000 })),
    queue: Type.Optional(Type.Object({ enabled: Type.Boolean() }, closed)),
    timeout_seconds: Type.Optional(span),
    /** Start of the cluster, default 200. */
    pending_ms: Type.Optional(span),
    /** TERMINATING after the last task, default 100. */
    cleanup_ms: Type.Optional(span),
    /** false: the caller lacks Manage Run. */
    can_run: Type.Optional(Type.Boolean()),
  },
  closed,
)

export type Outcome = Static<typeof Outcome>
export type TaskDefinition = Static<typeof Task>
export type JobDefinition = Static<typeof Job>

/** Input of the control endpoints or of a catalogue that does not fit; the message names every misfit. */
export class InvalidInput extends Error {}

/** Returns `value` as what `schema` describes. Throws InvalidInput. */
export function check<T extends TSchema>(schema: T, value: unknown, what: string): Static<T> {
  if (Value.Check(schema, value)) return value
  const problems = [...Value.Errors(schema, value)].map(({ path, message }) => `${what}${path}: ${message}`)
  throw new InvalidInput([...new Set(problems)].join('\n'))
}

/** Checks a job: shape, unique task keys, and a graph that is known and has no cycle. Throws InvalidInput. */
export function checkJob(value: unknown, what = 'job'): JobDefinition {
  const job = check(Job, value, what)
  const left = new Map(job.tasks.map((task) => [task.task_key, task.depends_on ?? []]))
  if (left.size < job.tasks.length) throw new InvalidInput(`${what}/tasks: task_key must be unique`)
  for (const [key, dependencies] of left) {
    const unknown = dependencies.find(({ task_key }) => !left.has(task_key))
    if (unknown) throw new InvalidInput(`${what}/tasks: ${key} depends on ${unknown.task_key}, which does not exist`)
  }
  while (left.size > 0) {
    const ready = [...left].filter(([, dependencies]) => !dependencies.some(({ task_key }) => left.has(task_key)))
    if (ready.length === 0) throw new InvalidInput(`${what}/tasks: dependencies go in a circle: ${[...left.keys()]}`)
    for (const [key] of ready) left.delete(key)
  }
  return job
}
