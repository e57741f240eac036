import type { Pause } from '../runs/pause.ts'
import type { PauseObject } from './schemas/pause.ts'

/** A pause as callers see it. Pure. */
export function presentPause({ scope, name, mode, message, until_at, paused_by, paused_at }: Pause): PauseObject {
  return {
    scope,
    name: name === '' ? null : name,
    mode,
    message,
    until: until_at === null ? null : new Date(until_at).toISOString(),
    paused_by,
    paused_at: new Date(paused_at).toISOString(),
  }
}
