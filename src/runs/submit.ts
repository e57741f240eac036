import type { Clock } from '../clock.ts'
import type { DatabricksError } from '../databricks/errors.ts'
import type { DatabricksClient, Submission } from '../databricks/types.ts'
import { endCanceled, isUnsent } from './cancel.ts'
import { endBadly, REOPENED } from './endings.ts'
import type { EnterOrHold } from './hold.ts'
import { furthest } from './outcome.ts'
import { postpone, postponeWhileIll } from './postpone.ts'
import { putBack } from './put-back.ts'
import type { Attempt, Run } from './run.ts'
import { isDone } from './run.ts'
import type { Settle } from './settle.ts'
import type { AttemptChange, RunStore } from './store.ts'
import type { Transitions } from './transition.ts'

export interface SubmitDeps {
  store: RunStore
  transitions: Transitions
  clientFor: (attempt: Attempt) => DatabricksClient | undefined
  settle: Settle
  enterOrHold: EnterOrHold
  /** When a run that was just accepted needs its first look, epoch ms. */
  firstLookAt: (run: Run) => Promise<number>
  clock: Clock
  /** From 0 up to but not 1. */
  random: () => number
}

export interface Submitted {
  run: Run
  /** Why Databricks clearly refused, when this submission ended so. */
  refusal?: DatabricksError
}

/**
 * Submits an attempt until a clear answer or `deadline` (epoch ms), and records what came of it. What is posted is in
 * the ledger as a try in doubt before its first byte leaves (`counted`: the intent was written so already, and the turn
 * in the budget of Databricks is taken).
 */
export type Submit = (run: Run, deadline: number, counted?: 'counted') => Promise<Submitted>

/** After the time of a submission its row is anybody's again. */
const HANDOVER_MS = 1_000
const WITHOUT_CREDENTIAL_MS = 30_000

/** Errors that prove a refusal of this very request: design §4.1. */
const REFUSALS = new Set<DatabricksError['kind']>(['refused', 'missing', 'denied'])

/** Submits by run-now, always the stored bytes. */
export function createSubmit(deps: SubmitDeps): Submit {
  const { store, transitions, clientFor, settle, enterOrHold, clock, random } = deps

  async function recordTaken(run: Run, { runId, tries }: Submission & { kind: 'taken' }): Promise<Submitted> {
    const owner = (await store.findByDatabricksRun(runId)).find(
      (other) => other.id !== run.id && other.attempt.workspace_host === run.attempt.workspace_host,
    )
    const lookAt = await deps.firstLookAt(run)
    const recorded = await transitions.amend(run, ({ attempt }) => {
      if (attempt.databricks_run_id !== null) return undefined
      const counts = takeBack(attempt, tries)
      if (owner) return { ...counts, ...endBadly('FAILED', 'unknown', belongsTo(runId, owner), clock.now()) }
      return {
        ...counts,
        ...REOPENED,
        state: isDone(attempt.state) ? 'PENDING' : furthest(attempt.state, 'PENDING'),
        databricks_run_id: runId,
        run_url: `${attempt.workspace_host}/jobs/${attempt.databricks_job_id}/runs/${runId}`,
        message: 'Databricks has accepted the run.',
        // A cancel that was wished meanwhile does not wait.
        due_at: attempt.cancel ? clock.now() : lookAt,
      }
    })
    return { run: recorded }
  }

  async function recordNotTaken(run: Run, error: DatabricksError, tries: number): Promise<Submitted> {
    const refused = REFUSALS.has(error.kind)
    const recorded = await transitions.amend(run, ({ attempt }) => {
      if (attempt.databricks_run_id !== null || isDone(attempt.state)) return undefined
      const next = { ...attempt, ...takeBack(attempt, tries) }
      const { tries: made, tries_in_doubt } = next
      if (refused && tries_in_doubt === 0) return { tries: made, tries_in_doubt, ...endRefused(error, clock.now()) }
      if (attempt.cancel && isUnsent(next)) return { tries: made, tries_in_doubt, ...endCanceled(next, clock.now()) }
      return { tries: made, tries_in_doubt, ...postpone(attempt, error, clock.now(), random()) }
    })
    if (!refused) return { run: recorded }
    if (recorded.attempt.state === 'REJECTED') return { run: recorded, refusal: error }
    return recorded.attempt.state === 'SUBMITTING' ? { run: await settle(recorded) } : { run: recorded }
  }

  async function recordUnknown(run: Run, error: DatabricksError, tries: number): Promise<Submitted> {
    const recorded = await transitions.amend(run, ({ attempt }) => {
      if (attempt.databricks_run_id !== null || isDone(attempt.state)) return undefined
      return { tries: attempt.tries + tries - 1, ...postpone(attempt, error, clock.now(), random()) }
    })
    return { run: recorded }
  }

  /** undefined: it is not to be posted now. */
  function beginTry(run: Run, deadline: number): Promise<Run | undefined> {
    const counting = countTry(run.attempt, deadline, clock.now())
    return isUnsent(run.attempt) ? enterOrHold(run, counting) : transitions.move(run, counting)
  }

  return async (run, deadline, counted) => {
    if (run.attempt.cancel && isUnsent(run.attempt)) return { run: await endUnsent(transitions, run, clock.now()) }
    if (clock.now() >= run.attempt.submit_deadline_at) return { run: await settle(run) }
    const client = clientFor(run.attempt)
    if (!client) return { run: await waitForCredential(transitions, run, clock.now()) }
    const illness = counted ? undefined : client.illness()
    if (illness) {
      return { run: await putBack(transitions, run, postponeWhileIll(run.attempt, illness, clock.now(), random())) }
    }
    const begun = counted ? run : await beginTry(run, deadline)
    if (!begun) return { run: (await store.get(run.id)) ?? run }

    const until = Math.min(deadline, run.attempt.submit_deadline_at)
    const turn = counted ? ({ turn: 'taken' } as const) : {}
    const submission = await client.runNow(begun.attempt.request_body, { deadline: until, ...turn })
    switch (submission.kind) {
      case 'taken':
        return recordTaken(begun, submission)
      case 'not_taken':
        return recordNotTaken(begun, submission.error, submission.tries)
      case 'unknown':
        return recordUnknown(begun, submission.error, submission.tries)
    }
  }
}

/** A try counts as in doubt before it is made. */
export function countTry({ tries, tries_in_doubt }: Attempt, deadline: number, now: number): AttemptChange {
  return { tries: tries + 1, tries_in_doubt: tries_in_doubt + 1, last_try_at: now, due_at: deadline + HANDOVER_MS }
}

/** The counts once a submission of `made` posts is proved not to be in doubt. */
export function takeBack({ tries, tries_in_doubt }: Attempt, made: number) {
  return { tries: tries + made - 1, tries_in_doubt: Math.max(0, tries_in_doubt - 1) }
}

export function endRefused(error: DatabricksError, now: number) {
  const cause = error.kind === 'denied' ? 'permission' : 'configuration'
  return endBadly('REJECTED', cause, `Databricks refused it: ${error.message}`, now)
}

export function endUnsent(transitions: Transitions, run: Run, now: number): Promise<Run> {
  return transitions.amend(run, ({ attempt }) => (isUnsent(attempt) ? endCanceled(attempt, now) : undefined))
}

/** The workspace has left the configuration; it may come back. */
export function waitForCredential(transitions: Transitions, run: Run, now: number): Promise<Run> {
  const { workspace, workspace_host } = run.attempt
  const message = `No credential is configured for workspace ${workspace} (${workspace_host}).`
  return transitions.amend(run, ({ attempt }) =>
    attempt.message === message && (attempt.due_at ?? 0) > now
      ? undefined
      : { message, due_at: now + WITHOUT_CREDENTIAL_MS },
  )
}

function belongsTo(runId: string, owner: Run): string {
  return `Databricks answered with run ${runId}, which belongs to run ${owner.id} already; nothing new was started.`
}
