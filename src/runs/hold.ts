import type { Clock } from '../clock.ts'
import { putBack } from './put-back.ts'
import type { Run } from './run.ts'
import type { AttemptChange } from './store.ts'
import type { Transitions } from './transition.ts'

export interface HoldDeps {
  transitions: Transitions
  /** null: as many runs as Databricks takes. */
  maxActiveOf: (job: string) => number | null
  clock: Clock
}

/**
 * Makes the change with which Databricks may have a run, unless its job has `max_active` of them: then the run is held
 * here, first come first served. undefined: it is held, or another write came first.
 */
export type EnterOrHold = (run: Run, entering: AttemptChange) => Promise<Run | undefined>

/** Nobody tells of a run that ended while no gateway ran, or in the moment before it is held. */
const ASK_AGAIN_MS = 10_000

export function createEnterOrHold({ transitions, maxActiveOf, clock }: HoldDeps): EnterOrHold {
  return async (run, entering) => {
    const max = maxActiveOf(run.job)
    if (max === null) return transitions.move(run, entering)
    const { moved, ahead } = await transitions.moveIfRoom(run, entering, max)
    if (ahead >= max) {
      const message = `Accepted here; held until fewer than ${max} runs of ${run.job} are active (max_active), with ${ahead} ahead of it.`
      await putBack(transitions, run, { message, due_at: clock.now() + ASK_AGAIN_MS })
    }
    return moved
  }
}
