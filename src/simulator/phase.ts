import type { Ending } from './endings.ts'
import type { Attempt, Round } from './plan.ts'

/** Where an attempt or a run is in its life: a legacy life cycle state, with the ending once there is one. */
export interface Phase {
  readonly lifeCycle: string
  readonly ending: Ending | undefined
}

/** The state of `status` for each legacy life cycle state that has not ended. */
const STATES: Readonly<Record<string, string>> = { WAITING_FOR_RETRY: 'WAITING' }

/** The state of a task attempt at the instant `now`. */
export function attemptPhase(attempt: Attempt, now: number): Phase {
  const { until, stopping, running, from, waits, ending } = attempt
  if (now >= until) return { lifeCycle: ending.lifeCycle, ending }
  if (stopping !== undefined && now >= stopping) return { lifeCycle: 'TERMINATING', ending: undefined }
  if (now >= running) return { lifeCycle: 'RUNNING', ending: undefined }
  return { lifeCycle: now >= from ? 'PENDING' : waits, ending: undefined }
}

/** The state of a started run at the instant `now`, by its last round. */
export function roundPhase(round: Round, now: number): Phase {
  if (now >= round.end) return { lifeCycle: round.ending.lifeCycle, ending: round.ending }
  if (now >= round.done) return { lifeCycle: 'TERMINATING', ending: undefined }
  return { lifeCycle: now >= round.running ? 'RUNNING' : 'PENDING', ending: undefined }
}

/** The word of the new `status.state`, which has one terminal state for all endings. */
export function statusState({ lifeCycle, ending }: Phase): string {
  return ending ? 'TERMINATED' : (STATES[lifeCycle] ?? lifeCycle)
}
