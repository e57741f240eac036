import type { Clock } from '../../clock.ts'
import { DatabricksError } from '../../databricks/errors.ts'
import type { DatabricksClient } from '../../databricks/types.ts'
import type { AskToCancel } from '../cancel.ts'
import { endBadly } from '../endings.ts'
import type { Observe } from '../observe.ts'
import { type Attempt, isDone, type Run } from '../run.ts'
import type { AttemptChange, RunStore } from '../store.ts'
import type { Transitions } from '../transition.ts'
import type { Bounds } from './cadence.ts'

export interface LookDeps {
  store: Pick<RunStore, 'sight'>
  transitions: Transitions
  observe: Observe
  askToCancel: AskToCancel
  clientFor: (attempt: Attempt) => DatabricksClient | undefined
  clock: Clock
  bounds: () => Bounds
}

/**
 * One look at a run in Databricks, by runs/get. A failure of Databricks leaves the run as it is and puts the next look
 * off.
 */
export type Look = (run: Run) => Promise<void>

const TIMEOUT_MS = 10_000

/** A run that Databricks "does not know" so often and for so long is over (design §3.2). */
const MISSING_TIMES = 3
const MISSING_MS = 5 * 60_000
const MISSING_AGAIN_MS = 2 * 60_000

export function createLook(deps: LookDeps): Look {
  const { store, transitions, observe, askToCancel, clientFor, clock, bounds } = deps

  function describeMissing({ missing_since, missing_count, databricks_run_id }: Attempt): AttemptChange {
    const now = clock.now()
    const since = missing_since ?? now
    const seen = { missing_since: since, missing_count: missing_count + 1 }
    if (seen.missing_count < MISSING_TIMES || now - since < MISSING_MS)
      return { ...seen, due_at: now + MISSING_AGAIN_MS }
    const message = `Databricks no longer knows run ${databricks_run_id}; how it ended cannot be learnt.`
    return { ...seen, ...endBadly('FAILED', 'unknown', message, now) }
  }

  return async (run) => {
    const { attempt } = run
    const client = clientFor(attempt)
    const sentAt = clock.now()
    try {
      if (!client || attempt.databricks_run_id === null) throw new DatabricksError('not to be asked', NOT_ASKED)
      const call = { deadline: sentAt + TIMEOUT_MS, by: 'watcher' } as const
      const upstream = await client.getRun(attempt.databricks_run_id, call)
      await askToCancel(await observe(run, upstream, sentAt))
    } catch (error) {
      if (!(error instanceof DatabricksError)) throw error
      if (error.kind === 'missing')
        await transitions.move(run, isDone(attempt.state) ? { due_at: null } : describeMissing(attempt))
      else await putOff(store, [{ run_id: run.id, number: attempt.number }], error, clock.now() + bounds().maxMs)
    }
  }
}

const NOT_ASKED = { kind: 'unavailable', reason: 'connection', sent: false } as const

/** Nothing was told of these runs: what is known of them stays, and grows stale. */
export async function putOff(
  store: Pick<RunStore, 'sight'>,
  looks: { run_id: string; number: number }[],
  error: DatabricksError,
  until: number,
): Promise<void> {
  const due_at = until + (error.retryAfterMs ?? 0)
  await store.sight(looks.map(({ run_id, number }) => ({ run_id, attempt: number, observed_at: null, due_at })))
}
