import { type Static, Type } from '@sinclair/typebox'
import { ACTIVE_STATES, CAUSES, DONE_STATES } from '../../runs/run.ts'
import { choice, databricksId, instant, nullable } from './types.ts'

const states = choice([...ACTIVE_STATES, ...DONE_STATES], { description: 'Where the run is, or how it ended.' })
const results = choice(['', 'OK', 'KO'], { description: 'Final in one comparison: OK or KO; empty while active.' })
const causes = choice(CAUSES, { description: 'What kind of trouble it was.' })
const parameters = Type.Unsafe<Record<string, string | number | boolean>>({
  type: 'object',
  additionalProperties: { type: ['string', 'number', 'boolean'] },
  description: 'What Databricks was given, defaults included.',
})

const FailureSchema = Type.Object(
  {
    cause: causes,
    task_key: nullable(Type.String({ description: 'The task that broke first.' })),
    message: Type.String({ description: 'One sentence, at most 300 characters.' }),
    retryable: Type.Boolean({ description: 'The same again may well succeed.' }),
    repairable: Type.Boolean({ description: 'The failed tasks alone can be run again.' }),
  },
  { description: 'Why the run ended with KO.' },
)

const TaskSchema = Type.Object({
  task_key: Type.String(),
  state: Type.String({ description: 'SUCCEEDED, RUNNING, PENDING, FAILED or SKIPPED.', examples: ['RUNNING'] }),
  databricks_run_id: nullable(databricksId('Run of the task in Databricks.')),
  attempt: Type.Integer({ description: "Databricks' own retries of the task, from 0." }),
  message: Type.String(),
})

const TaskCountsSchema = Type.Object({
  total: Type.Integer(),
  succeeded: Type.Integer(),
  running: Type.Integer(),
  pending: Type.Integer(),
  failed: Type.Integer(),
  skipped: Type.Integer(),
})

const CancelSchema = Type.Object(
  {
    asked_at: instant('When it was asked for.'),
    client: Type.String({ description: 'Who asked.' }),
    ref: nullable(Type.String({ description: "The asking caller's own note." })),
    sent_at: nullable(instant('When Databricks took it; the run ends some time later.')),
  },
  { description: 'A wish to end the run, kept until it is over.' },
)

const AttemptSchema = Type.Object(
  {
    number: Type.Integer({ description: 'From 1.' }),
    kind: choice(['first', 'new', 'force', 'repair']),
    client: Type.String(),
    key_id: Type.String({
      description: "Which of the client's keys made the call, or whose token: its issuer and subject.",
    }),
    ref: nullable(Type.String()),
    remote_address: nullable(Type.String()),
    parameters,
    databricks_run_id: nullable(databricksId('Run in Databricks.')),
    run_url: nullable(Type.String()),
    state: states,
    result: results,
    cause: nullable(causes),
    message: Type.String(),
    created_at: instant('When the trigger was accepted.'),
    started_at: nullable(instant('When Databricks started it.')),
    finished_at: nullable(instant('When it ended.')),
  },
  { description: 'One Databricks run, or repair, made for the run.' },
)

export const RunSchema = Type.Object(
  {
    id: Type.String({
      description: 'The id of the gateway, the same for ever.',
      examples: ['01JQ8ZK3V9M4T2C7X5B6N8R0WD'],
    }),
    job: Type.String({ examples: ['nightly-load'] }),
    state: states,
    done: Type.Boolean(),
    result: results,
    message: Type.String({ description: 'One sentence for people.' }),
    attempt: Type.Integer({ description: 'Number of the latest attempt, from 1; all above tells of that one.' }),
    replayed: Type.Boolean({ description: 'This call started nothing: its key had a run already.' }),
    recovered: Type.Boolean({ description: 'Databricks knew the token already: an old run was found again.' }),
    run_url: nullable(Type.String({ description: 'The page of the run in Databricks.' })),
    databricks_run_id: nullable(databricksId('Run in Databricks; null until Databricks has confirmed it.')),
    databricks_job_id: databricksId('Job in Databricks.'),
    workspace: Type.String(),
    client: Type.String({ description: 'Who triggered it.' }),
    key: nullable(Type.String({ description: "The caller's idempotency key." })),
    ref: nullable(Type.String({ description: "The caller's own note." })),
    parameters,
    created_at: instant('When the trigger was accepted.'),
    started_at: nullable(instant('When Databricks started it.')),
    finished_at: nullable(instant('When it ended.')),
    observed_at: nullable(instant('When Databricks last told us.')),
    stale: Type.Boolean({ description: 'Databricks has not told us for long: this is the last state known.' }),
    queue_seconds: nullable(Type.Number({ description: 'Time in the queue of Databricks.' })),
    run_seconds: nullable(Type.Number({ description: 'Running time so far, or in all.' })),
    life_cycle_state: nullable(Type.String({ description: "Databricks' own word." })),
    result_state: nullable(Type.String({ description: "Databricks' own word." })),
    termination_code: nullable(Type.String({ description: "Databricks' own word." })),
    failure: nullable(FailureSchema),
    cancel: nullable(CancelSchema),
    task_counts: nullable(TaskCountsSchema),
    tasks_observed_at: nullable(instant('When the tasks were last read.')),
    tasks: Type.Array(TaskSchema, { description: 'Failed and running tasks, at most 20; all with include=tasks.' }),
    output: Type.Optional(Type.String({ description: 'What the tasks left behind; with include=output.' })),
    attempts: Type.Optional(Type.Array(AttemptSchema, { description: 'Oldest first; with include=attempts.' })),
  },
  { $id: 'Run', title: 'Run', description: 'A run and its latest attempt, flat where schedulers look.' },
)

export type RunObject = Static<typeof RunSchema>
export type AttemptObject = Static<typeof AttemptSchema>
