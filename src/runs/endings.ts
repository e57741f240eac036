import type { Cancel, Cause, DoneState, Failure } from './run.ts'
import type { AttemptChange } from './store.ts'

/** What changes when the gateway itself ends an attempt with KO; `now` in epoch ms. */
export function endBadly(
  state: DoneState,
  cause: Cause,
  message: string,
  now: number,
  { retryable = false }: Partial<Pick<Failure, 'retryable'>> = {},
) {
  const failure: Failure = { cause, task_key: null, message, retryable, repairable: false }
  const over = { finished_at: now, due_at: null, held_since: null }
  return { state, result: 'KO', cause, message, failure, ...over } satisfies AttemptChange
}

/** What changes when an attempt that had ended turns out to go on. */
export const REOPENED = {
  result: '',
  cause: null,
  failure: null,
  finished_at: null,
  told_at: null,
} as const satisfies AttemptChange

/** "Canceled by control-m (MORNING/7) through the gateway." */
export function sayWhoCanceled({ client, ref }: Pick<Cancel, 'client' | 'ref'>): string {
  return `Canceled by ${client}${ref === null ? '' : ` (${ref})`} through the gateway.`
}
