import { type Static, Type } from '@sinclair/typebox'

const closed = { additionalProperties: false } as const
const count = Type.Integer({ minimum: 0 })
const status = Type.Union([Type.Literal(401), Type.Literal(403)])

/** What may change while the workspace runs. Where Databricks documents nothing, the behaviour is a choice here. */
const Options = Type.Object(
  {
    /** Ids below 2^53, or so far above that neighbours are one double. */
    ids: Type.Union([Type.Literal('small'), Type.Literal('large')]),
    /** Whether runs carry the new `status` object; many real payloads do not. */
    status_object: Type.Boolean(),
    /** Words of `state` and `status` to answer under another name: values that no client has seen yet. */
    renamed_values: Type.Record(Type.String(), Type.String()),
    /** run-now for a job that does not exist: Databricks' own test server says 404, its SDK patches imply 400. */
    missing_job_status: Type.Union([Type.Literal(400), Type.Literal(404)]),
    /** TERMINATING after a cancel. */
    cancel_ms: count,
    /** `termination_details.type` of a user's cancel. */
    cancel_type: Type.String(),
    /** Cancel of a run that is over. */
    cancel_ended_status: Type.Union([Type.Literal(200), Type.Literal(400)]),
    /** Whether a run skipped by `max_concurrent_runs` has a `result_state`. */
    skipped_result: Type.Boolean(),
    /** get-output with the id of a run, not of a task run, when the run has one task. */
    single_task_output_status: Type.Union([Type.Literal(200), Type.Literal(400)]),
    /** Where an idempotency token is known. */
    token_scope: Type.Union([Type.Literal('workspace'), Type.Literal('job')]),
    /** run-now with the token of a run that was deleted. */
    deleted_token: Type.Object(
      { status: Type.Integer({ minimum: 400, maximum: 599 }), error_code: Type.String(), message: Type.String() },
      closed,
    ),
    /** runs/list: unfinished runs first by start, then by end; or all by start. Always descending. */
    list_order: Type.Union([Type.Literal('end_time'), Type.Literal('start_time')]),
    /** API calls without a valid bearer token. */
    unauthorized_status: status,
    /** What the host is: of this workspace alone, of an account, or of both; the last two need to be told the workspace. */
    host_type: Type.Union([Type.Literal('workspace'), Type.Literal('account'), Type.Literal('unified')]),
    /** false: the principal is only in Entra, with a role on the workspace's resource in Azure. */
    principal_in_workspace: Type.Boolean(),
    /** What is trusted of the issuer outside, in Databricks (with its audiences) and in Entra, and whose policy that is. */
    federation: Type.Object(
      {
        issuer: Type.String(),
        subject: Type.String(),
        audiences: Type.Array(Type.String(), { minItems: 1 }),
        policy_of: Type.Union([Type.Literal('principal'), Type.Literal('account')]),
      },
      closed,
    ),
    token_life_seconds: Type.Integer({ minimum: 1 }),
    /** `expires_in` as a number, or as the string that Databricks' own test server sends. */
    expires_in: Type.Union([Type.Literal('number'), Type.Literal('string')]),
    /** Requests per second and endpoint: the documented ones, none, or own ones such as `{"jobs/runs/get": 5}`. */
    rate_limits: Type.Union([
      Type.Literal('off'),
      Type.Literal('reference'),
      Type.Record(Type.String(), Type.Number({ exclusiveMinimum: 0 })),
    ]),
    /** How a throttled request is answered. */
    throttled: Type.Object(
      { status: Type.Integer({ minimum: 400, maximum: 599 }), retry_after: Type.Boolean() },
      closed,
    ),
    /** Active runs in the workspace; beyond it a run queues, or gets 429 when its job has no queue. */
    workspace_run_limit: Type.Union([count, Type.Null()]),
    /** Queued runs per job. */
    queue_limit: count,
    queue_hours: Type.Number({ minimum: 0 }),
    /** Added to every reply, by the clock that the workspace was given: to move its time on shortens nothing. */
    latency_ms: count,
    /** Finished runs that are kept, besides the 60 days of the real workspace. */
    max_runs: Type.Integer({ minimum: 1 }),
    max_calls: count,
  },
  closed,
)

export const PartialOptions = Type.Partial(Options)

export type Options = Static<typeof Options>
export type PartialOptions = Static<typeof PartialOptions>

export const DEFAULTS: Options = {
  ids: 'small',
  status_object: true,
  renamed_values: {},
  missing_job_status: 400,
  cancel_ms: 500,
  cancel_type: 'CLIENT_ERROR',
  cancel_ended_status: 200,
  skipped_result: false,
  single_task_output_status: 200,
  token_scope: 'workspace',
  deleted_token: {
    status: 400,
    error_code: 'INVALID_PARAMETER_VALUE',
    message: 'The run of this idempotency token was deleted.',
  },
  list_order: 'end_time',
  unauthorized_status: 401,
  host_type: 'workspace',
  principal_in_workspace: true,
  federation: {
    issuer: 'https://kubernetes.default.svc',
    subject: 'system:serviceaccount:gateway:job-gateway',
    audiences: ['simulated-account'],
    policy_of: 'principal',
  },
  token_life_seconds: 3_600,
  expires_in: 'number',
  rate_limits: 'off',
  throttled: { status: 429, retry_after: true },
  workspace_run_limit: null,
  queue_limit: 1_000,
  queue_hours: 48,
  latency_ms: 0,
  max_runs: 100_000,
  max_calls: 10_000,
}
