import type { Clock } from '../clock.ts'
import { DatabricksError } from '../databricks/errors.ts'
import type { DatabricksClient } from '../databricks/types.ts'
import { endBadly, sayWhoCanceled } from './endings.ts'
import type { Attempt, Cancel, Run } from './run.ts'
import { isDone } from './run.ts'
import type { AttemptChange, RunStore } from './store.ts'
import type { Transitions } from './transition.ts'
import type { Waits } from './wait.ts'

export interface CancelDeps {
  store: RunStore
  transitions: Transitions
  clientFor: (attempt: Attempt) => DatabricksClient | undefined
  waits: Waits
  clock: Clock
}

/** Who wants a run ended, and how long it waits for the proof. */
export interface CancelOrder extends Pick<Cancel, 'client' | 'key_id' | 'ref' | 'remote_address'> {
  /** Epoch ms. */
  until: number
  signal: AbortSignal
}

/** asked: not proved yet; already_over: nothing was to be done. */
export type CancelAnswer = 'over' | 'asked' | 'already_over'

/**
 * Ends a run: the wish is written first and kept until the run is over, through outages and restarts (design §4.4).
 * Resolves with the run once it is over, else as it is when time is up.
 */
export type CancelRun = (run: Run, order: CancelOrder) => Promise<Run>

const ASK_TIMEOUT_MS = 5_000

export function createCancel(deps: CancelDeps): CancelRun {
  const { store, transitions, waits, clock } = deps
  const askDatabricks = createAskToCancel(deps)

  function write(run: Run, { client, key_id, ref, remote_address }: CancelOrder): Promise<Run> {
    return transitions.amend(run, ({ attempt }) => {
      if (isDone(attempt.state) || attempt.cancel) return undefined
      const now = clock.now()
      const cancel: Cancel = { asked_at: now, client, key_id, ref, remote_address, sent_at: null }
      if (isUnsent(attempt)) return { cancel, ...endCanceled({ ...attempt, cancel }, now) }
      return attempt.databricks_run_id === null ? { cancel } : { cancel, due_at: now }
    })
  }

  return async (run, order) => {
    const wished = await write(run, order)
    if (isDone(wished.attempt.state)) return wished
    await askDatabricks(wished)
    const read = async () => (await store.get(run.id)) ?? wished
    return waits.until(read, run.id, ({ attempt }) => isDone(attempt.state), order)
  }
}

/** Sends a wished cancel to Databricks, and again when it was taken long ago and the run still goes on. Never rejects on Databricks' account: the next look tries again. */
export type AskToCancel = (run: Run) => Promise<Run>

const ASK_AGAIN_MS = 30_000

export function createAskToCancel({ transitions, clientFor, clock }: Omit<CancelDeps, 'waits' | 'store'>): AskToCancel {
  return async (run) => {
    const { cancel, databricks_run_id, state } = run.attempt
    const now = clock.now()
    if (!cancel || databricks_run_id === null || isDone(state)) return run
    if (cancel.sent_at !== null && now - cancel.sent_at < ASK_AGAIN_MS) return run
    try {
      await clientFor(run.attempt)?.cancelRun(databricks_run_id, { deadline: now + ASK_TIMEOUT_MS })
    } catch (error) {
      if (error instanceof DatabricksError) return run
      throw error
    }
    const sent = { cancel: { ...cancel, sent_at: clock.now() }, message: 'Cancel asked for in Databricks.' }
    return (await transitions.move(run, sent)) ?? run
  }
}

/** Whether it is certain that Databricks never had it. */
export function isUnsent({ state, databricks_run_id, tries_in_doubt }: Attempt): boolean {
  return state === 'SUBMITTING' && databricks_run_id === null && tries_in_doubt === 0
}

/** The end of an attempt that was canceled before Databricks had it. */
export function endCanceled({ cancel }: Attempt, now: number): AttemptChange {
  const who = cancel ? sayWhoCanceled(cancel) : 'Canceled.'
  return endBadly('CANCELED', 'canceled', `${who} Databricks never had it.`, now)
}
