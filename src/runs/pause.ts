import type { AuditEvent } from './audit.ts'

/** What a pause concerns: everything, the jobs of one workspace, or one job; the narrower come later. */
export const PAUSE_SCOPES = ['all', 'workspace', 'job'] as const
export type PauseScope = (typeof PAUSE_SCOPES)[number]

/** hold: starts are accepted and wait here for its end; refuse: they are answered `paused`. */
export const PAUSE_MODES = ['hold', 'refuse'] as const
export type PauseMode = (typeof PAUSE_MODES)[number]

/** Where one pause at a time can be. */
export interface PauseTarget {
  scope: PauseScope
  /** Of the workspace or job; '' for all. */
  name: string
}

/** Field names are those of the ledger's columns; instants in epoch ms. */
export interface Pause extends PauseTarget {
  mode: PauseMode
  /** For callers; '': none. */
  message: string
  /** null: until somebody resumes it. One that has ended stays known, for the time that it held runs. */
  until_at: number | null
  /** Name of the client. */
  paused_by: string
  paused_at: number
}

/** What starts: a job in a workspace. */
export interface Startable {
  workspace: string
  job: string
}

/** Where pauses are kept; each write records its event with it. */
export interface PauseStore {
  /** The last pause of each target, whether or not it has ended. */
  pauses(): Promise<Pause[]>
  /** Takes the place of one that the target has. */
  setPause(pause: Pause, event: AuditEvent): Promise<void>
  /** Ends what is in force there at `at`; resolves with it as it has ended, undefined: there was none. */
  endPause(target: PauseTarget, at: number, event: AuditEvent): Promise<Pause | undefined>
  /** Asks for the next step of each run that is held there no later than `at`, and says why. */
  wakeHeld(target: PauseTarget, at: number, message: string): Promise<void>
}

/**
 * The pause that decides for what starts now; undefined: none. Where several are in force, refusing beats holding, the
 * narrowest speaks, and the end is the latest. Pure.
 */
export function findPause(pauses: readonly Pause[], what: Startable, now: number): Pause | undefined {
  const inForce = pauses.filter((pause) => concerns(pause, what) && isInForce(pause, now))
  const refusing = inForce.filter(({ mode }) => mode === 'refuse')
  const deciding = refusing.length > 0 ? refusing : inForce
  const [narrowest] = deciding.toSorted((a, b) => PAUSE_SCOPES.indexOf(b.scope) - PAUSE_SCOPES.indexOf(a.scope))
  return narrowest && { ...narrowest, until_at: latestEnd(deciding) }
}

export function isInForce({ until_at }: Pause, now: number): boolean {
  return until_at === null || until_at > now
}

/** When the last of the pauses that are over for it ended, epoch ms; undefined: there was none. Pure. */
export function findLastEnd(pauses: readonly Pause[], what: Startable, now: number): number | undefined {
  const ends = pauses.flatMap((pause) => {
    const { until_at } = pause
    return until_at !== null && until_at <= now && concerns(pause, what) ? [until_at] : []
  })
  return ends.length === 0 ? undefined : Math.max(...ends)
}

function concerns({ scope, name }: PauseTarget, what: Startable): boolean {
  return scope === 'all' || what[scope] === name
}

function latestEnd(pauses: readonly Pause[]): number | null {
  const ends = pauses.flatMap(({ until_at }) => until_at ?? [])
  return ends.length < pauses.length ? null : Math.max(...ends)
}
