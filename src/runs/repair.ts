import type { Clock } from '../clock.ts'
import { GatewayError } from './errors.ts'
import { describeOrderer, HANDOVER_MS, NOT_POSTED, NOTHING_YET } from './intent.ts'
import { makeToken } from './key.ts'
import type { Pause } from './pause.ts'
import { holdBack } from './pause-hold.ts'
import type { Pauses } from './pauses.ts'
import type { Revisit } from './revisit.ts'
import type { Attempt, RepairBase, Run } from './run.ts'
import { isDone } from './run.ts'
import type { RunStore } from './store.ts'
import type { Submit, Submitted } from './submit.ts'
import type { Transitions } from './transition.ts'

export interface RepairDeps {
  store: RunStore
  transitions: Transitions
  submit: Submit
  revisit: Revisit
  pauses: Pick<Pauses, 'of' | 'check'>
  clock: Clock
  instance: string
  triggerTimeoutMs: () => number
}

/** What is to be rerun of a run, and for whom. */
export interface RepairOrder {
  client: { name: string; key_id: string }
  /** undefined: every task that did not end well. */
  tasks: string[] | undefined
  /** The tasks that depend on them as well. */
  dependents: boolean
  ref: string | undefined
  rerun_id: string | undefined
  remote_address: string | null
  /** Epoch ms. */
  arrived_at: number
  submit_within_ms: number
}

export interface Repaired extends Submitted {
  /** Nothing was started by this call: the run is active again already, or well. */
  replayed: boolean
}

/**
 * Reruns the failed tasks of a run, or those named, as its next attempt in the same Databricks run (runs/repair).
 * @throws GatewayError run-not-repairable, databricks-unavailable, paused
 */
export type Repair = (run: Run, order: RepairOrder) => Promise<Repaired>

export function createRepair(deps: RepairDeps): Repair {
  const { store, transitions, revisit, pauses, clock } = deps

  return async (run, order) => {
    const deadline = order.arrived_at + deps.triggerTimeoutMs()
    const what = { workspace: run.attempt.workspace, job: run.job }
    let latest = run
    for (;;) {
      if (!isDone(latest.attempt.state)) return attach(latest)
      checkEndedBadly(latest)
      pauses.check(what, latest)
      const revisited = await revisit(latest, deadline)
      if (!revisited.over) return { run: revisited.run, replayed: true }
      if (!revisited.base) throw nothingToRepair(latest)
      const pause = pauses.of(what)
      const { instance } = deps
      const attempt = makeRepair(latest, revisited.base, order, { now: clock.now(), deadline, instance, pause })
      const begun = await transitions.again(latest, attempt)
      if (begun) return { ...(await deps.submit(begun, deadline, pause ? undefined : 'counted')), replayed: false }
      latest = (await store.get(run.id)) ?? latest
    }
  }
}

/** A second press while the first one's repair runs is the same repair. */
function attach(run: Run): Repaired {
  if (run.attempt.kind === 'repair') return { run, replayed: true }
  throw new GatewayError('run-not-repairable', `Run ${run.id} is still active: there is nothing to repair yet.`, {
    run,
  })
}

function checkEndedBadly(run: Run): void {
  if (run.attempt.result === 'OK') {
    throw new GatewayError('run-not-repairable', `Run ${run.id} ended well: there is nothing to repair.`, { run })
  }
  if (run.attempt.state === 'UNCONFIRMED') {
    const detail = `Whether run ${run.id} started is not known yet. ${run.attempt.message}`
    throw new GatewayError('run-not-repairable', detail, { run })
  }
}

function nothingToRepair(run: Run): GatewayError {
  const detail = `Databricks has no run to repair for run ${run.id}. Trigger it again with rerun=new instead.`
  return new GatewayError('run-not-repairable', detail, { run })
}

/** The intent of a repair: in the ledger before Databricks is asked, with its post counted as in doubt unless it is held. */
function makeRepair(
  run: Run,
  base: RepairBase,
  order: RepairOrder,
  { now, deadline, instance, pause }: { now: number; deadline: number; instance: string; pause: Pause | undefined },
): Attempt {
  const last = run.attempt
  const number = last.number + 1
  const { workspace_host: workspaceHost, databricks_job_id: databricksJobId } = last
  const parts = { instance, workspaceHost, databricksJobId, clientId: run.client_id, job: run.job }
  return {
    ...NOTHING_YET,
    number,
    kind: 'repair',
    ...describeOrderer(order),
    sent: last.sent,
    parameters: last.parameters,
    workspace: last.workspace,
    workspace_host: workspaceHost,
    databricks_job_id: databricksJobId,
    token: makeToken({ ...parts, keyOrRunId: run.key ?? run.id, attempt: number }),
    request_body: makeRepairBody(last.request_body, base, order),
    repair: base,
    message: 'The repair is being submitted to Databricks.',
    created_at: now,
    submit_deadline_at: order.arrived_at + order.submit_within_ms,
    last_try_at: now,
    due_at: deadline + HANDOVER_MS,
    ...(pause && { ...NOT_POSTED, ...holdBack(NOTHING_YET, pause, now) }),
  }
}

/** Databricks does not carry parameters over by itself, so they are always sent again: Jobs API 2.2, runs/repair. */
function makeRepairBody(
  lastBody: string,
  base: RepairBase,
  { tasks, dependents }: Pick<RepairOrder, 'tasks' | 'dependents'>,
): string {
  const sent = JSON.parse(lastBody) as Record<string, unknown>
  const parameters = Object.entries(sent).filter(([name]) => !OWN_FIELDS.has(name))
  return JSON.stringify({
    run_id: JSON.rawJSON(base.databricks_run_id),
    ...(tasks ? { rerun_tasks: tasks } : { rerun_all_failed_tasks: true }),
    ...(dependents ? { rerun_dependent_tasks: true } : {}),
    ...(base.latest_repair_id === null ? {} : { latest_repair_id: JSON.rawJSON(base.latest_repair_id) }),
    ...Object.fromEntries(parameters),
  })
}

const OWN_FIELDS = new Set([
  ...['job_id', 'idempotency_token', 'queue'],
  ...['run_id', 'rerun_tasks', 'rerun_all_failed_tasks', 'rerun_dependent_tasks', 'latest_repair_id'],
])
