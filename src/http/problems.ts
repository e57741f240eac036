import type { ErrorCode } from '../runs/errors.ts'

export interface Problem {
  status: number
  title: string
  /** The same call, sent again later, may succeed. */
  retryable: boolean
  /** What callers are told to wait when nothing better is known. */
  retryAfterSeconds?: number
  cause: string
  cure: string
}

/** Every error that callers may get: design §3.4. The only place that knows statuses. */
export const PROBLEMS: Record<ErrorCode, Problem> = {
  'invalid-request': {
    status: 400,
    title: 'The request is not understood',
    retryable: false,
    cause: 'An option, a header or the body is malformed, unknown, or contradicts another one.',
    cure: 'Correct what the detail names. The names and values that are taken are in /docs.',
  },
  'key-required': {
    status: 400,
    title: 'An idempotency key is required',
    retryable: false,
    cause:
      'This client, this job, or pending=error asks for a key, because such a call is repeated, and without a key every repeat would be another run.',
    cure: 'Send ?key= or Idempotency-Key with a name for this one execution: the same when the call is repeated, another for the next execution. Job name, business date and order id make a good one, such as LOAD_SALES-20261122-0a1b2.',
  },
  unauthenticated: {
    status: 401,
    title: 'No valid key was sent',
    retryable: false,
    cause:
      "The call carries no client's key, one that the gateway does not know, a token (JWT) that is not good here, or a header that cannot be read.",
    cure: 'Send the key as X-API-Key, as Authorization: Bearer, or as the password of Basic with the name of the client as user name; a token as Authorization: Bearer. Of a token the detail says what is wrong with it; the operators of the gateway know which issuer, audience and claims it takes.',
  },
  forbidden: {
    status: 403,
    title: 'This client may not do that',
    retryable: false,
    cause: 'The key is valid, but its client lacks the permission that this call needs.',
    cure: 'Ask the operators of the gateway for the permission that the detail names.',
  },
  'unknown-job': {
    status: 404,
    title: 'There is no such job',
    retryable: false,
    cause: 'The catalogue holds no job of this name, or this client may not see it.',
    cure: 'GET /jobs lists the jobs that this client may see. Ask the operators of the gateway for others.',
  },
  'unknown-run': {
    status: 404,
    title: 'There is no such run',
    retryable: false,
    cause: 'The ledger holds no run of this id or key, or this client may not see it.',
    cure: 'Use the id that the trigger answered, or the job and key that were sent with it. GET /runs lists the runs that this client may see.',
  },
  'not-found': {
    status: 404,
    title: 'There is nothing here',
    retryable: false,
    cause: 'The path is not one of the gateway.',
    cure: 'Check the path; /docs lists them all.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'This method is not taken here',
    retryable: false,
    cause: 'The path exists, but not for this method.',
    cure: 'Use one of the methods in the Allow header.',
  },
  'run-purged': {
    status: 410,
    title: 'The run was removed from the ledger',
    retryable: false,
    cause: 'The run is older than the ledger keeps runs.',
    cure: 'Nothing is left to read. A new trigger starts a new run.',
  },
  'too-large': {
    status: 413,
    title: 'The request is too large',
    retryable: false,
    cause: 'The body is larger than the gateway takes. Databricks itself takes 10,000 bytes of parameters.',
    cure: 'Pass large values by a table or a file, and send only its name.',
  },
  'invalid-parameters': {
    status: 422,
    title: 'The parameters do not fit the job',
    retryable: false,
    cause: 'A job parameter is unknown, missing, of the wrong type, or outside of what the job takes.',
    cure: 'Correct the parameters that the detail names. GET /jobs/NAME shows what the job takes.',
  },
  'key-reused': {
    status: 422,
    title: 'The key stands for other parameters',
    retryable: false,
    cause: 'A run was triggered under this key with other parameters, so this call is not a repeat of it.',
    cure: 'Send the same parameters to reach that run, or another key for another run.',
  },
  'databricks-refused': {
    status: 422,
    title: 'Databricks refused the run',
    retryable: false,
    cause:
      'Databricks clearly said no to this request; its own error code, message and request id are in the detail. Nothing runs.',
    cure: 'Correct what Databricks names, then trigger again; the same key may be used.',
  },
  'run-not-repairable': {
    status: 422,
    title: 'The run cannot be repaired',
    retryable: false,
    cause: 'A repair runs the failed tasks of a run that has ended; this run has none, or has not ended.',
    cure: 'Trigger the job again instead.',
  },
  'rerun-not-allowed': {
    status: 422,
    title: 'The job does not allow this kind of rerun',
    retryable: false,
    cause: 'The catalogue limits what a repeated key may do on this job.',
    cure: 'Send one of the kinds that the detail names, or another key for another run.',
  },
  'run-failed': {
    status: 424,
    title: 'The run did not end well',
    retryable: false,
    cause:
      'The job ran in Databricks, or was to run, and did not succeed. Asked for by outcome=http; the status may be another by configuration.',
    cure: 'Read failure and message, and the page behind run_url. When the cause is mended, trigger again with rerun=new or rerun=repair.',
  },
  'run-canceled': {
    status: 409,
    title: 'The run was canceled',
    retryable: false,
    cause:
      'Somebody, or Databricks itself, canceled the run. Asked for by outcome=http; the status may be another by configuration.',
    cure: 'Trigger again with rerun=new when the job is to run after all.',
  },
  'run-active': {
    status: 425,
    title: 'The run has not ended yet',
    retryable: true,
    cause:
      'The run goes on, and the time to wait for it is over. Asked for by outcome=http with pending=error; the status may be another by configuration.',
    cure: 'Send the same call with the same key again after Retry-After seconds: it starts nothing new and waits on.',
  },
  'rate-limited': {
    status: 429,
    title: 'Too many requests',
    retryable: true,
    retryAfterSeconds: 5,
    cause:
      'This client, or for calls without a valid key this address, sends more than it may. The detail says which. An await of a known client is never answered so.',
    cure: 'Send the call again after Retry-After seconds: nothing was done. Clients that need more ask the operators of the gateway for other limits.',
  },
  internal: {
    status: 500,
    title: 'The gateway has failed',
    retryable: false,
    cause: 'A fault of the gateway itself.',
    cure: 'Report the request_id to the operators of the gateway. A trigger with a key can be sent again: it never starts a second run.',
  },
  'databricks-denied': {
    status: 502,
    title: 'The gateway may not run this job in Databricks',
    retryable: false,
    cause: "The gateway's own service principal lacks the permission Can Manage Run on the job. Nothing runs.",
    cure: 'The operators of the gateway have to grant it in Databricks. Then trigger again; the same key may be used.',
  },
  'databricks-job-missing': {
    status: 502,
    title: 'The job does not exist in Databricks',
    retryable: false,
    cause:
      'The catalogue points to a job that Databricks does not have, or does not show to the gateway. Nothing runs.',
    cure: 'The operators of the gateway have to correct the catalogue. Then trigger again; the same key may be used.',
  },
  'databricks-unavailable': {
    status: 503,
    title: 'Databricks cannot be asked now',
    retryable: true,
    retryAfterSeconds: 10,
    cause: 'Databricks does not answer, and without its answer nothing could be started safely.',
    cure: 'Send the same call with the same key again after Retry-After seconds.',
  },
  'ledger-unavailable': {
    status: 503,
    title: 'The ledger cannot be reached now',
    retryable: true,
    retryAfterSeconds: 5,
    cause: 'The database in which the gateway keeps its runs does not answer.',
    cure: 'Send the same call with the same key again after Retry-After seconds. Without a key, look first whether the run is there.',
  },
  'issuer-unavailable': {
    status: 503,
    title: 'The issuer of the token cannot be asked now',
    retryable: true,
    retryAfterSeconds: 30,
    cause:
      "The gateway does not know the keys of the token's issuer, or not its newest, and the issuer does not answer.",
    cure: 'Send the same call with the same key again after Retry-After seconds.',
  },
  paused: {
    status: 503,
    title: 'Triggers are paused',
    retryable: true,
    retryAfterSeconds: 60,
    cause: 'The operators have paused triggers.',
    cure: 'Send the same call with the same key again after Retry-After seconds.',
  },
  overloaded: {
    status: 503,
    title: 'The gateway is overloaded',
    retryable: true,
    retryAfterSeconds: 5,
    cause:
      'This process has more to do than it can, and turns calls away before it does anything for them: first those that start something, then those that only ask. An await of a known client is never answered so.',
    cure: 'Send the same call with the same key again after Retry-After seconds.',
  },
}
