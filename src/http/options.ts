import type { JobConfig } from '../config/schema/jobs.ts'
import type { Profile, Rerun } from '../config/schema/profiles.ts'
import { GatewayError } from '../runs/errors.ts'
import type { Format } from './call.ts'
import { checkFilled, readKey } from './idempotency-key.ts'
import { prefersText, readPreferredWait } from './preferences.ts'
import type { ReadQuery, TriggerBody, TriggerQuery } from './schemas/options.ts'
import { TEXT_LENGTH } from './schemas/options.ts'

/** The headers that carry options. */
export interface OptionHeaders {
  prefer: string | undefined
  accept: string | undefined
  ref: string | undefined
  keys: readonly string[]
}

/** What the caller's options start from: design §3.3, client before profile before default. */
export interface Starting {
  dialect: Profile
  maxWaitSeconds: number
  mayReadOutput: boolean
}

export interface ReadOptions {
  waitMs: number
  /** Seconds granted to a request that asked to wait, for Preference-Applied. */
  waitGranted: number | undefined
  outcome: 'body' | 'http'
  pending: 202 | 'error'
  format: Format
  include: { tasks: boolean; attempts: boolean; output: 'always' | 'when-bad' | 'no' }
}

export interface TriggerOptions extends ReadOptions {
  accepted: 200 | 202
  key: string | undefined
  rerun: Rerun
  rerun_id: string | undefined
  ref: string | undefined
  start_within_ms: number | undefined
  dryRun: boolean
}

/**
 * Options of a trigger: the request (query or body, then header), then what the client starts from. Pure.
 * @throws GatewayError invalid-request, key-required, rerun-not-allowed
 */
export function readTriggerOptions(
  query: TriggerQuery,
  body: TriggerBody,
  headers: OptionHeaders,
  { job, ...starting }: Starting & { job: JobConfig },
): TriggerOptions {
  const asked = merge(query, body)
  const { dialect } = starting
  const shared = readShared(asked, headers, starting, dialect.wait_seconds)
  const options = {
    ...shared,
    outcome: asked.outcome ?? dialect.outcome,
    // What the request asks itself wins over an `accepted` that only the client's configuration says.
    accepted: asked.accepted ?? (asked.outcome === 'http' || shared.waitGranted ? 202 : dialect.accepted),
    rerun: readRerun(asked.rerun, dialect.rerun, job),
    rerun_id: asked.rerun_id,
    ref: readRef(asked.ref ?? headers.ref),
    dryRun: asked.dry_run ?? false,
    start_within_ms: asked.start_within === undefined ? undefined : asked.start_within * 1000,
  }
  checkPending(asked.pending, options.outcome)
  if (asked.accepted === 200) checkAccepted(options)
  if (options.rerun_id !== undefined) checkFilled('The rerun_id', options.rerun_id)
  const key = readKey({ query: query.key, body: [body.key, body.idempotency_key], headers: headers.keys })
  if (key === undefined) checkKeyIsOptional(dialect, job, options.pending)
  return { ...options, key }
}

/**
 * Options of reading a run: outcome=http only when the request asks for it, and no wait unless it does. Pure.
 * @throws GatewayError invalid-request
 */
export function readReadOptions(query: ReadQuery, headers: OptionHeaders, starting: Starting): ReadOptions {
  const outcome = query.outcome ?? 'body'
  checkPending(query.pending, outcome)
  return { ...readShared(query, headers, starting, 0), outcome }
}

/** Options of an await: always outcome=http with 202 while active; waits as long as the client's triggers do. Pure. */
export function readAwaitOptions(
  query: Pick<ReadQuery, 'wait' | 'format' | 'include'>,
  headers: OptionHeaders,
  starting: Starting,
): ReadOptions {
  return { ...readShared(query, headers, starting, starting.dialect.wait_seconds), outcome: 'http', pending: 202 }
}

/** Options of a cancel: its status is about the cancel, never about the outcome. Pure. */
export function readCancelOptions(
  query: Pick<ReadQuery, 'wait' | 'format' | 'include'> & { ref?: string },
  headers: OptionHeaders,
  starting: Starting,
): ReadOptions & { ref: string | undefined } {
  const shared = readShared(query, headers, starting, 0)
  return { ...shared, outcome: 'body', pending: 202, ref: readRef(query.ref ?? headers.ref) }
}

/** Options of a repair: as of a trigger. Pure. @throws GatewayError invalid-request */
export function readRepairOptions(
  query: ReadQuery & { ref?: string },
  headers: OptionHeaders,
  starting: Starting,
): ReadOptions & { ref: string | undefined } {
  const { dialect } = starting
  const outcome = query.outcome ?? dialect.outcome
  checkPending(query.pending, outcome)
  return {
    ...readShared(query, headers, starting, dialect.wait_seconds),
    outcome,
    ref: readRef(query.ref ?? headers.ref),
  }
}

function readShared(asked: ReadQuery, headers: OptionHeaders, starting: Starting, wait: number) {
  const { dialect, maxWaitSeconds } = starting
  const wish = asked.wait ?? readPreferredWait(headers.prefer)
  const waitSeconds = Math.min(wish ?? wait, maxWaitSeconds)
  const included = asked.include?.split(',') ?? []
  return {
    waitMs: waitSeconds * 1000,
    waitGranted: wish === undefined ? undefined : waitSeconds,
    pending: asked.pending === undefined ? dialect.pending : asked.pending === 'error' ? 'error' : 202,
    format: asked.format ?? (prefersText(headers.accept) ? 'text' : 'json'),
    include: {
      tasks: included.includes('tasks'),
      attempts: included.includes('attempts'),
      output: chooseOutput(included.includes('output'), starting),
    },
  } as const
}

/** Checked with the options, before anything is started: afterwards an answer must not be lost for it. */
function chooseOutput(asked: boolean, { dialect, mayReadOutput }: Starting): ReadOptions['include']['output'] {
  if (asked && !mayReadOutput) {
    throw new GatewayError('forbidden', 'include=output takes the permission output. Ask the operators of the gateway.')
  }
  if (asked) return 'always'
  return dialect.output === 'ko' && mayReadOutput ? 'when-bad' : 'no'
}

/** The same option in query and body must say the same. */
function merge(query: TriggerQuery, body: TriggerBody): Omit<TriggerQuery, 'key'> {
  const ofBody: Record<string, unknown> = body
  for (const [name, value] of Object.entries(query)) {
    const other = ofBody[name]
    if (other !== undefined && String(other) !== String(value) && name !== 'key') {
      throw new GatewayError(
        'invalid-request',
        `${name} is given twice, as ${JSON.stringify(value)} in the query and ${JSON.stringify(other)} in the body. Send one.`,
      )
    }
  }
  return { ...body, ...query }
}

function readRef(ref: string | undefined): string | undefined {
  if (ref === undefined || ref === '') return undefined
  if (Array.from(ref).length > TEXT_LENGTH || /\p{Cc}/u.test(ref)) {
    throw new GatewayError('invalid-request', `ref takes up to ${TEXT_LENGTH} characters on one line.`)
  }
  return ref
}

/** What a request asks for is refused when the job does not allow it; what a client starts from gives way. */
function readRerun(asked: Rerun | undefined, usual: Rerun, job: JobConfig): Rerun {
  if (asked === undefined) return job.rerun_allowed.includes(usual) ? usual : 'replay'
  if (job.rerun_allowed.includes(asked)) return asked
  throw new GatewayError('rerun-not-allowed', `This job takes rerun=${job.rerun_allowed.join(', ')}; not ${asked}.`)
}

function checkPending(pending: string | undefined, outcome: string): void {
  if (pending !== 'error' || outcome === 'http') return
  throw new GatewayError('invalid-request', 'pending=error needs outcome=http: else no status tells the outcome.')
}

function checkAccepted({ outcome, waitMs }: { outcome: string; waitMs: number }): void {
  if (outcome !== 'http' && waitMs === 0) return
  const [other, instead] =
    outcome === 'http' ? ['outcome=http', 'outcome=body and wait=0'] : [`wait=${waitMs / 1000}`, 'wait=0']
  throw new GatewayError(
    'invalid-request',
    `accepted=200 does not go with ${other}: the one answers before the end, the other tells it. Send ${instead} with it, or leave accepted out.`,
  )
}

function checkKeyIsOptional(dialect: Profile, job: JobConfig, pending: ReadOptions['pending']): void {
  const who =
    pending === 'error'
      ? 'pending=error'
      : dialect.key === 'required'
        ? 'this client'
        : job.key === 'required'
          ? 'this job'
          : undefined
  if (who === undefined) return
  throw new GatewayError(
    'key-required',
    `An idempotency key is required by ${who}. Send ?key= or Idempotency-Key with a name for this one execution that stays the same when the call is repeated: job name, business date and order id, such as LOAD_SALES-20261122-0a1b2.`,
  )
}
