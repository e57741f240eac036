import { ulid } from 'ulid'
import type { Clock } from '../clock.ts'
import type { Catalogue } from './catalogue.ts'
import { REOPENED } from './endings.ts'
import { GatewayError } from './errors.ts'
import { HANDOVER_MS, makeIntent, type Order, type Prepared, submitWithin } from './intent.ts'
import { decideRepeat, findDifference } from './key.ts'
import { readParameters } from './parameters.ts'
import type { Repair } from './repair.ts'
import type { Revisit } from './revisit.ts'
import type { AttemptKind, Run } from './run.ts'
import type { RunStore } from './store.ts'
import type { Submit, Submitted } from './submit.ts'
import type { Tellings } from './tell.ts'
import type { Transitions } from './transition.ts'
import type { Waits } from './wait.ts'

export type TriggerAnswer = 'started' | 'attached' | 'replayed' | 'submitting' | 'rejected'

export interface Triggered extends Submitted {
  answer: TriggerAnswer
  /** Nothing was started by this call. */
  replayed: boolean
}

export interface TriggerDeps {
  store: RunStore
  transitions: Transitions
  catalogue: Catalogue
  workspaceHost: (workspace: string) => string
  submit: Submit
  revisit: Revisit
  repair: Repair
  tellings: Tellings
  waits: Waits
  clock: Clock
  instance: string
  triggerTimeoutMs: number
}

/** Starts a job once: design §4.1 to §4.3. */
export type Trigger = (order: Order) => Promise<Triggered>

const DAY_MS = 86_400_000

export function createTrigger(deps: TriggerDeps): Trigger {
  const { store, transitions, catalogue, clock } = deps

  async function prepare(order: Order): Promise<Prepared> {
    const job = catalogue.get(order.job)
    if (!job) throw new GatewayError('unknown-job', `There is no job ${order.job}.`)
    const parameters = readParameters(job, order.parameters, order.date_input)
    const deadline = order.arrived_at + deps.triggerTimeoutMs
    const workspaceHost = deps.workspaceHost(job.workspace)
    const databricksJobId = await catalogue.databricksJobId(order.job, deadline)
    return { order, job, parameters, workspaceHost, databricksJobId, deadline }
  }

  const intend = (prepared: Prepared, run: Pick<Run, 'id' | 'key'>, number: number, kind: AttemptKind) =>
    makeIntent(prepared, run, { number, kind, instance: deps.instance, now: clock.now() })

  async function submit(run: Run, deadline: number, counted?: 'counted'): Promise<Triggered> {
    return describe(await deps.submit(run, deadline, counted))
  }

  /** undefined: another trigger took the key first. */
  async function begin(prepared: Prepared, supersedes?: Run): Promise<Triggered | undefined> {
    const { order, deadline } = prepared
    const tombstone =
      order.key === undefined || supersedes
        ? undefined
        : await store.tombstoneByKey(order.client.id, order.job, order.key)
    const number = (supersedes?.attempt.number ?? tombstone?.last_attempt ?? 0) + 1
    const identity = { id: ulid(clock.now()), key: order.key ?? null }
    const attempt = intend(prepared, identity, number, 'first')
    const run: Run = {
      ...identity,
      job: order.job,
      client_id: order.client.id,
      created_at: attempt.created_at,
      rerun_ids: order.rerun_id === undefined ? [] : [order.rerun_id],
      version: 1,
      attempt,
    }
    const { begun, run: written } = await transitions.begin(run, supersedes?.id)
    return begun ? submit(written, deadline, 'counted') : undefined
  }

  /** undefined: another rerun came first. */
  async function again(prepared: Prepared, holder: Run): Promise<Triggered | undefined> {
    const revisited = await deps.revisit(holder, prepared.deadline)
    if (!revisited.over) return { run: revisited.run, answer: 'attached', replayed: true }
    const kind = prepared.order.rerun === 'force' ? 'force' : 'new'
    const run = await transitions.again(holder, intend(prepared, holder, holder.attempt.number + 1, kind))
    return run && submit(run, prepared.deadline, 'counted')
  }

  /** What Databricks clearly refuses to repair is run anew. */
  async function repair(prepared: Prepared, holder: Run): Promise<Triggered | undefined> {
    if (!holder.attempt.failure?.repairable) return again(prepared, holder)
    const { order } = prepared
    const wanted = { tasks: undefined, dependents: false, submit_within_ms: submitWithin(prepared) }
    const repaired = await deps.repair(holder, { ...order, ...wanted })
    if (repaired.refusal) return again(prepared, repaired.run)
    return { ...describe(repaired), ...(repaired.replayed && { answer: 'attached', replayed: true }) }
  }

  /** Posts the last attempt's own token again: whatever became of it, there is one run. */
  async function resubmit(prepared: Prepared, holder: Run): Promise<Triggered | undefined> {
    const run = await transitions.move(holder, {
      ...REOPENED,
      state: 'SUBMITTING',
      message: 'Submitted again under the same token.',
      submit_deadline_at: prepared.order.arrived_at + submitWithin(prepared),
      due_at: prepared.deadline + HANDOVER_MS,
    })
    return run && submit(run, prepared.deadline)
  }

  /** The first caller's submission is this one's too: its answer is awaited, within this call's own time. */
  async function attach(prepared: Prepared, holder: Run): Promise<Triggered> {
    const read = async () => (await store.get(holder.id)) ?? holder
    const run = await deps.waits.until(read, holder.id, ({ attempt }) => attempt.state !== 'SUBMITTING', {
      until: prepared.deadline,
      signal: prepared.order.signal,
    })
    return { run, answer: 'attached', replayed: true }
  }

  async function repeat(prepared: Prepared, key: string, holder: Run): Promise<Triggered | undefined> {
    const { order, job, parameters } = prepared
    const difference = findDifference(holder.attempt.sent, parameters.sent)
    const decision = decideRepeat({
      run: holder,
      policy: order.rerun,
      ...(order.rerun_id === undefined ? {} : { rerunId: order.rerun_id }),
      sameParameters: difference === undefined,
      now: clock.now(),
      rerunMinMs: job.rerun_min_seconds * 1000,
      keyTtlMs: job.key_ttl_days * DAY_MS,
    })
    switch (decision) {
      case 'attach':
        return attach(prepared, holder)
      case 'replay':
        return { run: holder, answer: 'replayed', replayed: true }
      case 'reused':
        throw reused(key, holder, difference)
      case 'new-order':
        return begin(prepared, holder)
      case 'resubmit':
        return resubmit(prepared, holder)
      case 'attempt':
        return again(prepared, holder)
      case 'repair':
        return repair(prepared, holder)
    }
  }

  return async (order) => {
    const prepared = await prepare(order)
    const { key } = order
    if (key === undefined) {
      const begun = await begin(prepared)
      if (!begun) throw new Error('a run without a key met another')
      return begun
    }
    for (;;) {
      const holder = await store.getByKey(order.client.id, order.job, key)
      if (holder) await deps.tellings.settled(holder.id)
      const latest = holder && (await store.get(holder.id))
      const triggered = latest ? await repeat(prepared, key, latest) : await begin(prepared)
      if (triggered) return triggered
    }
  }
}

function describe(submitted: Submitted): Triggered {
  const { state, databricks_run_id } = submitted.run.attempt
  const answer = state === 'REJECTED' ? 'rejected' : databricks_run_id === null ? 'submitting' : 'started'
  return { ...submitted, answer, replayed: false }
}

function reused(key: string, holder: Run, difference: ReturnType<typeof findDifference>): GatewayError {
  const { name, before, now } = difference ?? { name: 'a parameter', before: null, now: null }
  const unsettled =
    holder.attempt.state === 'UNCONFIRMED' ? ' It may still start, so its parameters cannot change yet.' : ''
  return new GatewayError(
    'key-reused',
    `Key ${JSON.stringify(key)} stands for run ${holder.id} with ${name} = ${JSON.stringify(before)}; this call says ` +
      `${JSON.stringify(now)}.${unsettled} Send the same parameters, or another key for another run.`,
    { run: holder },
  )
}
