import type { Clock } from '../clock.ts'
import type { DatabricksError } from '../databricks/errors.ts'
import type { DatabricksClient, Submission } from '../databricks/types.ts'
import { endCanceled, isUnsent } from './cancel.ts'
import { furthest } from './outcome.ts'
import type { Attempt, Cause, Run } from './run.ts'
import { isDone } from './run.ts'
import type { Settle } from './settle.ts'
import type { RunStore } from './store.ts'
import type { Transitions } from './transition.ts'

export interface SubmitDeps {
  store: RunStore
  transitions: Transitions
  clientFor: (attempt: Attempt) => DatabricksClient | undefined
  settle: Settle
  clock: Clock
  /** [0, 1) */
  random: () => number
}

export interface Submitted {
  run: Run
  /** Why Databricks clearly refused, when this submission ended so. */
  refusal?: DatabricksError
}

/**
 * Posts an attempt's stored run-now call until a clear answer or `deadline` (epoch ms), and records what came of it.
 * The post is in the ledger as one in doubt before its first byte leaves (`counted` when the intent was written so).
 */
export type Submit = (run: Run, deadline: number, counted?: 'counted') => Promise<Submitted>

const MIN_BACKOFF_MS = 1_000
const MAX_BACKOFF_MS = 30_000

/** Errors that prove a refusal of this very request: design §4.1.6. */
const REFUSALS = new Set<DatabricksError['kind']>(['refused', 'missing', 'denied'])

export function createSubmit(deps: SubmitDeps): Submit {
  const { store, transitions, clientFor, settle, clock } = deps

  /** Applies a change to the row as it is, however often another writer comes first. */
  async function record(
    run: Run,
    change: (latest: Run) => Parameters<Transitions['move']>[1] | undefined,
  ): Promise<Run> {
    let latest = run
    for (;;) {
      const moved = change(latest)
      if (!moved) return latest
      const after = await transitions.move(latest, moved)
      if (after) return after
      latest = (await store.get(run.id)) ?? latest
    }
  }

  async function countTry(run: Run, deadline: number): Promise<Run | undefined> {
    const { tries, tries_in_doubt } = run.attempt
    const now = clock.now()
    return transitions.move(run, {
      tries: tries + 1,
      tries_in_doubt: tries_in_doubt + 1,
      last_try_at: now,
      due_at: deadline + MIN_BACKOFF_MS,
    })
  }

  async function recordTaken(run: Run, { runId, tries }: Submission & { kind: 'taken' }): Promise<Submitted> {
    const owner = (await store.findByDatabricksRun(runId)).find(
      (other) => other.id !== run.id && other.attempt.workspace_host === run.attempt.workspace_host,
    )
    const recorded = await record(run, ({ attempt }) => {
      if (attempt.databricks_run_id !== null) return undefined
      const counts = { tries: attempt.tries + tries - 1, tries_in_doubt: Math.max(0, attempt.tries_in_doubt - 1) }
      return owner
        ? { ...counts, ...ended('FAILED', 'unknown', belongsTo(runId, owner), clock.now()) }
        : {
            ...counts,
            ...REOPENED,
            state: isDone(attempt.state) ? 'PENDING' : furthest(attempt.state, 'PENDING'),
            databricks_run_id: runId,
            message: 'Databricks has accepted the run.',
            due_at: clock.now(),
          }
    })
    return { run: recorded }
  }

  async function recordNotTaken(run: Run, error: DatabricksError, tries: number): Promise<Submitted> {
    const refused = REFUSALS.has(error.kind)
    const recorded = await record(run, ({ attempt }) => {
      if (attempt.databricks_run_id !== null || isDone(attempt.state)) return undefined
      const counts = { tries: attempt.tries + tries - 1, tries_in_doubt: Math.max(0, attempt.tries_in_doubt - 1) }
      if (refused && counts.tries_in_doubt === 0) {
        return {
          ...counts,
          ...ended('REJECTED', causeOf(error), `Databricks refused the run: ${error.message}`, clock.now()),
        }
      }
      const next = { ...attempt, ...counts }
      if (attempt.cancel && isUnsent(next)) return { ...counts, ...endCanceled(next, clock.now()) }
      return { ...counts, ...postpone(attempt, error) }
    })
    if (refused && recorded.attempt.state === 'SUBMITTING') return { run: await settle(recorded), refusal: error }
    return refused && recorded.attempt.state === 'REJECTED' ? { run: recorded, refusal: error } : { run: recorded }
  }

  async function recordUnknown(run: Run, error: DatabricksError, tries: number): Promise<Submitted> {
    const recorded = await record(run, ({ attempt }) => {
      if (attempt.databricks_run_id !== null || isDone(attempt.state)) return undefined
      return { tries: attempt.tries + tries - 1, ...postpone(attempt, error) }
    })
    return { run: recorded }
  }

  /** The next try comes after a quarter of the time that the run has waited already, between 1 and 30 s, with jitter. */
  function postpone(attempt: Attempt, error: DatabricksError) {
    const now = clock.now()
    const backoff = Math.min(MAX_BACKOFF_MS, Math.max(MIN_BACKOFF_MS, (now - attempt.created_at) / 4))
    const wait = Math.max(error.retryAfterMs ?? 0, backoff * (0.5 + deps.random() / 2))
    const due_at = Math.round(Math.min(now + wait, Math.max(now + MIN_BACKOFF_MS, attempt.submit_deadline_at)))
    const message = `${PATIENCE[error.kind]} (${error.message}). Trying on until ${new Date(attempt.submit_deadline_at).toISOString()}.`
    return { message, due_at }
  }

  return async (run, deadline, counted) => {
    if (run.attempt.cancel && isUnsent(run.attempt)) {
      return {
        run: await record(run, ({ attempt }) => (isUnsent(attempt) ? endCanceled(attempt, clock.now()) : undefined)),
      }
    }
    if (clock.now() >= run.attempt.submit_deadline_at) return { run: await settle(run) }
    const client = clientFor(run.attempt)
    if (!client) {
      const message = `No credential is configured for workspace ${run.attempt.workspace} (${run.attempt.workspace_host}).`
      const moved = await transitions.move(run, { message, due_at: clock.now() + MAX_BACKOFF_MS })
      return { run: moved ?? run }
    }
    const begun = counted ? run : await countTry(run, deadline)
    if (!begun) return { run: (await store.get(run.id)) ?? run }

    const submission = await client.runNow(begun.attempt.request_body, {
      deadline: Math.min(deadline, run.attempt.submit_deadline_at),
    })
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

/** What is undone when Databricks turns out to have the run after all. */
const REOPENED = { result: '', cause: null, failure: null, finished_at: null } as const

function ended(state: 'FAILED' | 'REJECTED', cause: Cause, message: string, now: number) {
  const failure = { cause, task_key: null, message, retryable: false, repairable: false }
  return { state, result: 'KO', cause, message, failure, finished_at: now, due_at: null } as const
}

function belongsTo(runId: string, owner: Run): string {
  return `Databricks answered with run ${runId}, which belongs to run ${owner.id} already; nothing new was started.`
}

function causeOf(error: DatabricksError): Cause {
  return error.kind === 'denied' ? 'permission' : 'configuration'
}

const PATIENCE: Record<DatabricksError['kind'], string> = {
  throttled: 'Accepted here; Databricks takes no more runs at the moment',
  credential: "Accepted here; Databricks refuses the gateway's own credential, which its operators have to mend",
  unavailable: 'Accepted here; Databricks has not confirmed it yet',
  refused: 'Accepted here; Databricks refused a later try, while an earlier one may have started the run',
  missing: 'Accepted here; Databricks refused a later try, while an earlier one may have started the run',
  denied: 'Accepted here; Databricks refused a later try, while an earlier one may have started the run',
}
