import type { Clock } from '../clock.ts'
import type { DatabricksClient } from '../databricks/types.ts'
import { describeResubmission } from './audit.ts'
import { REOPENED } from './endings.ts'
import { GatewayError } from './errors.ts'
import { createId } from './id.ts'
import { inTime } from './in-time.ts'
import {
  describeOrderer,
  HANDOVER_MS,
  makeIntent,
  type Order,
  type Position,
  type Prepared,
  submitWithin,
} from './intent.ts'
import { holdBack } from './pause-hold.ts'
import type { Pauses } from './pauses.ts'
import { decideOrder, type Prepare, whatStarts } from './prepare.ts'
import type { Repair } from './repair.ts'
import type { Revisit } from './revisit.ts'
import type { Attempt, Run } from './run.ts'
import type { AttemptChange, RunStore } from './store.ts'
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
  prepare: Prepare
  submit: Submit
  pauses: Pick<Pauses, 'of' | 'check'>
  clientFor: (where: Pick<Attempt, 'workspace' | 'workspace_host'>) => DatabricksClient | undefined
  revisit: Revisit
  repair: Repair
  tellings: Tellings
  waits: Waits
  clock: Clock
  instance: string
}

/** Nobody waits longer than this, after the time in which Databricks is tried, for a ledger that answers too slowly. */
const LEDGER_MS = 700

/** Starts a job once: design §4.1 to §4.3. Rejects with LedgerError when that cannot be written down. */
export type Trigger = (order: Order) => Promise<Triggered>

export function createTrigger(deps: TriggerDeps): Trigger {
  const { store, transitions, pauses, clock } = deps

  /** A burst is accepted at once: what Databricks cannot be given now the watcher submits, first come first served. */
  function chooseSubmission(prepared: Prepared): Pick<Position, 'submission' | 'pause'> {
    const { job, workspaceHost } = prepared
    const pause = pauses.of(whatStarts(prepared))
    if (pause || job.max_active !== null) return { submission: 'held', pause }
    const client = deps.clientFor({ workspace: job.workspace, workspace_host: workspaceHost })
    return { submission: client?.takeTurn() ? 'now' : 'later' }
  }

  function intend(
    prepared: Prepared,
    run: Pick<Run, 'id' | 'key'>,
    place: Pick<Position, 'number' | 'kind' | 'submission' | 'pause'>,
  ) {
    return makeIntent(prepared, run, { ...place, instance: deps.instance, now: clock.now() })
  }

  async function submit(run: Run, deadline: number, submission: Position['submission']): Promise<Triggered> {
    if (submission === 'later') return describe({ run })
    return describe(await deps.submit(run, deadline, submission === 'now' ? 'counted' : undefined))
  }

  /** undefined: another trigger took the key first. */
  async function begin(prepared: Prepared, supersedes?: Run): Promise<Triggered | undefined> {
    pauses.check(whatStarts(prepared), supersedes)
    const { order, deadline } = prepared
    const tombstone =
      order.key === undefined || supersedes
        ? undefined
        : await store.tombstoneByKey(order.client.id, order.job, order.key)
    const number = (supersedes?.attempt.number ?? tombstone?.last_attempt ?? 0) + 1
    const identity = { id: createId(clock.now()), key: order.key ?? null }
    const chosen = chooseSubmission(prepared)
    const attempt = intend(prepared, identity, { number, kind: 'first', ...chosen })
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
    return begun ? submit(written, deadline, chosen.submission) : undefined
  }

  /** undefined: another rerun came first, here or in Databricks; only what ended badly can have been repaired there. */
  async function again(prepared: Prepared, holder: Run): Promise<Triggered | undefined> {
    pauses.check(whatStarts(prepared), holder)
    if (holder.attempt.result === 'KO' && !(await deps.revisit(holder, prepared.deadline)).over) return undefined
    const kind = prepared.order.rerun === 'force' ? 'force' : 'new'
    const chosen = chooseSubmission(prepared)
    const next = intend(prepared, holder, { number: holder.attempt.number + 1, kind, ...chosen })
    const run = await transitions.again(holder, next)
    return run && submit(run, prepared.deadline, chosen.submission)
  }

  /** What cannot be repaired, or Databricks clearly refuses to, is run anew; undefined: another rerun came first. */
  async function repair(prepared: Prepared, holder: Run): Promise<Triggered | undefined> {
    if (!holder.attempt.failure?.repairable) return again(prepared, holder)
    const { order } = prepared
    const wanted = { tasks: undefined, dependents: false, submit_within_ms: submitWithin(prepared) }
    const repaired = await deps.repair(holder, { ...order, ...wanted }).catch((error) => {
      if (error instanceof GatewayError && error.code === 'run-not-repairable') return undefined
      throw error
    })
    if (!repaired) return again(prepared, holder)
    if (repaired.refusal) return again(prepared, repaired.run)
    return { ...describe(repaired), ...(repaired.replayed && { answer: 'attached', replayed: true }) }
  }

  /** Posts the last attempt's own token again: whatever became of it, there is one run. */
  async function resubmit(prepared: Prepared, holder: Run): Promise<Triggered | undefined> {
    const { order } = prepared
    const what = whatStarts(prepared)
    pauses.check(what, holder)
    const pause = pauses.of(what)
    const change: AttemptChange = {
      ...REOPENED,
      state: 'SUBMITTING',
      message: 'Submitted again under the same token.',
      submit_deadline_at: order.arrived_at + submitWithin(prepared),
      due_at: prepared.deadline + HANDOVER_MS,
      ...(pause && holdBack(holder.attempt, pause, clock.now())),
    }
    const event = describeResubmission(holder, describeOrderer(order), clock.now())
    const run = await transitions.move(holder, change, event)
    return run && submit(run, prepared.deadline, 'held')
  }

  /** The submission that is under way is this caller's too: its answer is awaited, one that is put off is not. */
  async function attach({ order, deadline }: Prepared, holder: Run): Promise<Triggered> {
    const { last_try_at } = holder.attempt
    const tryEnds = last_try_at === null ? 0 : last_try_at + (deadline - order.arrived_at)
    const read = async () => (await store.get(holder.id)) ?? holder
    const run = await deps.waits.until(read, holder.id, ({ attempt }) => attempt.state !== 'SUBMITTING', {
      until: Math.min(deadline, tryEnds),
      signal: order.signal,
    })
    return { run, answer: 'attached', replayed: true }
  }

  async function repeat(prepared: Prepared, holder: Run): Promise<Triggered | undefined> {
    switch (decideOrder(prepared, holder, clock.now())) {
      case 'attach':
        return attach(prepared, holder)
      case 'replay':
        return { run: holder, answer: 'replayed', replayed: true }
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

  async function place(prepared: Prepared): Promise<Triggered> {
    const { order } = prepared
    if (order.key === undefined) {
      const begun = await begin(prepared)
      if (!begun) throw new Error('a run without a key met another')
      return begun
    }
    for (;;) {
      const holder = await store.getByKey(order.client.id, order.job, order.key)
      if (holder) await deps.tellings.settled(holder.id)
      const latest = holder && (await store.get(holder.id))
      const triggered = latest ? await repeat(prepared, latest) : await begin(prepared)
      if (triggered) return triggered
    }
  }

  return async (order) => {
    const prepared = await deps.prepare(order)
    return inTime(place(prepared), prepared.deadline + LEDGER_MS, clock)
  }
}

function describe(submitted: Submitted): Triggered {
  return { ...submitted, answer: tellStart(submitted.run), replayed: false }
}

/** How far the start of the run's last attempt has come. */
export function tellStart({ attempt: { state, databricks_run_id } }: Run): 'rejected' | 'submitting' | 'started' {
  if (state === 'REJECTED') return 'rejected'
  return databricks_run_id === null ? 'submitting' : 'started'
}
