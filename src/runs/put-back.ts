import type { Run } from './run.ts'
import type { AttemptChange } from './store.ts'
import type { Transitions } from './transition.ts'

/** It waits on, unless somebody else has taken it further. */
export function putBack(transitions: Transitions, run: Run, change: AttemptChange): Promise<Run> {
  return transitions.amend(run, ({ attempt }) => (attempt.version === run.attempt.version ? change : undefined))
}
