import type { Pause } from './pause.ts'
import type { Attempt } from './run.ts'

/** A held run is looked at so often even if nobody tells of the end of its pause. */
const LOOK_AGAIN_MS = 5 * 60_000

/** What changes when a pause holds an attempt: its deadline stands still since `held_since`. Pure. */
export function holdBack({ held_since }: Pick<Attempt, 'held_since'>, pause: Pause, now: number) {
  return {
    message: sayHeld(pause),
    held_since: held_since ?? now,
    due_at: Math.min(pause.until_at ?? Number.POSITIVE_INFINITY, now + LOOK_AGAIN_MS),
  }
}

/** What changes when an attempt goes on after the pauses that held it; `end`: of the last one, epoch ms. Pure. */
export function letGo({ held_since, submit_deadline_at }: Attempt, end: number) {
  const heldMs = held_since === null ? 0 : Math.max(0, end - held_since)
  return { held_since: null, submit_deadline_at: submit_deadline_at + heldMs, message: PAUSE_OVER }
}

export const PAUSE_OVER = 'Accepted here; the pause is over, and it waits for its turn at Databricks.'

export function sayHeld(pause: Pause): string {
  return `Accepted here; ${sayPaused(pause)}`
}

/** "paused by platform until 2026-11-23T06:00:00.000Z: Databricks is upgraded." */
export function sayPaused({ paused_by, until_at, message }: Pause): string {
  const end = until_at === null ? 'it is resumed' : new Date(until_at).toISOString()
  const why = message === '' ? '' : `: ${message}`
  return `paused by ${paused_by} until ${end}${why}${/[.!?…]$/.test(why) ? '' : '.'}`
}
