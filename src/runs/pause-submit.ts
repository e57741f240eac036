import type { Clock } from '../clock.ts'
import { isUnsent } from './cancel.ts'
import type { Pause } from './pause.ts'
import { holdBack, letGo } from './pause-hold.ts'
import type { Pauses } from './pauses.ts'
import { putBack } from './put-back.ts'
import type { Run } from './run.ts'
import type { RunStore } from './store.ts'
import type { Submit, Submitted } from './submit.ts'
import type { Transitions } from './transition.ts'

export interface PauseSubmitDeps {
  /** Submits whatever is not held. */
  submit: Submit
  pauses: Pick<Pauses, 'of' | 'lastEnd' | 'known'>
  store: Pick<RunStore, 'get' | 'bringForward'>
  transitions: Transitions
  clock: Clock
  onDue: (workspace: string, at: number) => void
}

/**
 * Submits, unless a pause holds the run: every attempt that is not posted yet passes here, whoever wants it submitted.
 * A post that may have been acted on is repeated all the same, since only so it is learnt what became of it.
 */
export function createPauseSubmit(deps: PauseSubmitDeps): Submit {
  const { submit, pauses, store, transitions, clock } = deps

  async function hold(run: Run, pause: Pause): Promise<Submitted> {
    const { attempt } = run
    const known = pauses.known()
    const now = clock.now()
    const change = holdBack(attempt, pause, now)
    const isHeld = attempt.held_since !== null && attempt.message === change.message && (attempt.due_at ?? 0) > now
    if (isHeld) return { run }
    const held = await putBack(transitions, run, change)
    // Whoever changed the pauses meanwhile has woken those that were held by then.
    if (pauses.known() !== known) {
      await store.bringForward(run.id, attempt.number, now)
      deps.onDue(attempt.workspace, now)
    }
    return { run: held }
  }

  return async (run, deadline, counted) => {
    const { attempt, job } = run
    const { workspace, held_since } = attempt
    const mayWait = held_since !== null || (isUnsent(attempt) && attempt.cancel === null)
    if (counted || !mayWait) return submit(run, deadline, counted)
    const pause = pauses.of({ workspace, job })
    if (pause) return hold(run, pause)
    if (held_since === null) return submit(run, deadline)
    const end = pauses.lastEnd({ workspace, job }) ?? clock.now()
    const released = await transitions.move(run, letGo(attempt, end))
    return released ? submit(released, deadline) : { run: (await store.get(run.id)) ?? run }
  }
}
