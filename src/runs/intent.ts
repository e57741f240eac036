import type { JobConfig } from '../config/schema/jobs.ts'
import type { Rerun } from '../config/schema/profiles.ts'
import type { DateInput } from './dates.ts'
import { makeToken } from './key.ts'
import type { Parameters } from './parameters.ts'
import type { Pause } from './pause.ts'
import { holdBack } from './pause-hold.ts'
import { makeRunNowBody } from './request.ts'
import type { Attempt, AttemptKind, Run } from './run.ts'

/** What a caller asks for, once it is known who it is. */
export interface Order {
  client: { id: string; name: string; key_id: string }
  job: string
  /** What the catalogue said of the job, and which host its workspace had, when the request arrived. */
  definition: JobConfig
  workspace_host: string
  /** Raw, as sent. */
  parameters: Record<string, unknown>
  key: string | undefined
  ref: string | undefined
  rerun: Rerun
  rerun_id: string | undefined
  date_input: DateInput | undefined
  /** Shortens the job's own submit deadline. */
  start_within_ms: number | undefined
  remote_address: string | null
  /** When the request arrived, epoch ms: all times count from here. */
  arrived_at: number
  /** Aborts when the caller has gone. */
  signal: AbortSignal
}

/** An order that was checked. */
export interface Prepared {
  order: Order
  job: JobConfig
  parameters: Parameters
  workspaceHost: string
  databricksJobId: string
  /** Until when this call tries by itself, epoch ms. */
  deadline: number
}

/** A submission may still be under way when its time is over; until then its row is nobody else's. */
export const HANDOVER_MS = 1_000

export interface Position {
  number: number
  kind: AttemptKind
  instance: string
  now: number
  /** now: posted as soon as it is written; held: by whoever writes it, unless its job has to wait; later: by the watcher. */
  submission: 'now' | 'held' | 'later'
  /** Holds it; then its submission is `held`. */
  pause?: Pause | undefined
}

/**
 * The intent of one attempt, written before Databricks is called: everything that a try, now or after a crash, needs.
 * A post that follows at once counts as one in doubt already.
 */
export function makeIntent(prepared: Prepared, run: Pick<Run, 'id' | 'key'>, position: Position): Attempt {
  const { order, job, parameters, workspaceHost, databricksJobId, deadline } = prepared
  const { number, kind, instance, now, submission, pause } = position
  const token = makeToken({
    instance,
    workspaceHost,
    databricksJobId,
    clientId: order.client.id,
    job: order.job,
    keyOrRunId: run.key ?? run.id,
    attempt: number,
  })
  return {
    ...NOTHING_YET,
    number,
    kind,
    ...describeOrderer(order),
    sent: parameters.sent,
    parameters: parameters.values,
    workspace: job.workspace,
    workspace_host: workspaceHost,
    databricks_job_id: databricksJobId,
    token,
    request_body: makeRunNowBody(job, parameters.values, { databricksJobId, token, runId: run.id }),
    created_at: now,
    submit_deadline_at: order.arrived_at + submitWithin(prepared),
    ...(submission === 'now' ? { last_try_at: now } : NOT_POSTED),
    due_at: submission === 'later' ? now : deadline + HANDOVER_MS,
    ...(pause && holdBack(NOTHING_YET, pause, now)),
  }
}

/** An intent whose post does not follow at once. */
export const NOT_POSTED = {
  tries: 0,
  tries_in_doubt: 0,
  last_try_at: null,
  message: 'Accepted here; it waits for its turn at Databricks.',
} satisfies Partial<Attempt>

/** Who wanted an attempt, as its row keeps it. */
export function describeOrderer(
  order: Pick<Order, 'ref' | 'remote_address' | 'rerun_id'> & { client: { name: string; key_id: string } },
) {
  const { client, ref = null, remote_address, rerun_id = null } = order
  return { client: client.name, key_id: client.key_id, ref, remote_address, rerun_id }
}

/** How long an order is submitted again, ms from its arrival. */
export function submitWithin({ order, job }: Prepared): number {
  return Math.min(order.start_within_ms ?? Number.POSITIVE_INFINITY, job.submit_deadline_seconds * 1000)
}

/** What an attempt that was just written has not got yet. */
export const NOTHING_YET = {
  state: 'SUBMITTING',
  result: '',
  cause: null,
  message: 'Being submitted to Databricks.',
  failure: null,
  cancel: null,
  repair: null,
  databricks_run_id: null,
  repair_id: null,
  run_url: null,
  recovered: false,
  life_cycle_state: null,
  result_state: null,
  termination_code: null,
  tasks: [],
  task_counts: null,
  tasks_observed_at: null,
  started_at: null,
  finished_at: null,
  observed_at: null,
  queue_ms: null,
  run_ms: null,
  tries: 1,
  tries_in_doubt: 1,
  missing_since: null,
  missing_count: 0,
  held_since: null,
  told_at: null,
  version: 1,
} satisfies Partial<Attempt>
