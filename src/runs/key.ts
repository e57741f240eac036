import { createHash } from 'node:crypto'
import type { Rerun } from '../config/schema/profiles.ts'
import type { ParameterValues, Run } from './run.ts'
import { isDone } from './run.ts'

/** What a Databricks idempotency token stands for. Two installations on one workspace differ by `instance`. */
export interface TokenParts {
  instance: string
  workspaceHost: string
  databricksJobId: string
  clientId: string
  job: string
  /** The caller's key, else the run's own id. */
  keyOrRunId: string
  attempt: number
}

const TOKEN_VERSION = 1

/**
 * The token of one attempt: 43 characters (Databricks takes 64), the same for the same parts for ever, so that even a
 * lost ledger cannot start a second run of a keyed trigger while Databricks remembers the token.
 */
export function makeToken(parts: TokenParts): string {
  const { instance, workspaceHost, databricksJobId, clientId, job, keyOrRunId, attempt } = parts
  return createHash('sha256')
    .update(
      JSON.stringify([TOKEN_VERSION, instance, workspaceHost, databricksJobId, clientId, job, keyOrRunId, attempt]),
    )
    .digest('base64url')
}

/** The first parameter in which two orders under one key differ; undefined when they are the same order. */
export function findDifference(
  before: ParameterValues,
  now: ParameterValues,
): { name: string; before: unknown; now: unknown } | undefined {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort()
  const name = names.find((name) => before[name] !== now[name])
  return name === undefined ? undefined : { name, before: before[name] ?? null, now: now[name] ?? null }
}

/** What a trigger asks that meets a run under its key. Instants and spans in ms. */
export interface RepeatedKey {
  run: Run
  policy: Rerun
  rerunId?: string
  sameParameters: boolean
  now: number
  rerunMinMs: number
  keyTtlMs: number
}

/**
 * attach: it is under way, this is it · replay: it has ended, nothing starts · reused: the key stands for other
 * parameters · resubmit: post the last attempt's own token again · attempt: start the next attempt ·
 * repair: rerun what failed · new-order: the key has outlived its time and stands for a new run
 */
export type RepeatDecision = 'attach' | 'replay' | 'reused' | 'resubmit' | 'attempt' | 'repair' | 'new-order'

interface Repeat extends RepeatedKey {
  /** This press of the rerun button was answered before, or, without one, the ending was told a moment ago. */
  pressed: boolean
}

type Row = [when: (r: Repeat) => boolean, same: RepeatDecision, other: RepeatDecision]

const state = (r: Repeat) => r.run.attempt.state
const forced = (r: Repeat) => r.policy === 'force'

/** design §4.3, one row a line; the first that fits decides. */
const ROWS: Row[] = [
  [(r) => !isDone(state(r)), 'attach', 'reused'],
  [(r) => outlived(r), 'new-order', 'new-order'],
  [(r) => r.run.attempt.result === 'OK' && forced(r), 'attempt', 'attempt'],
  [(r) => r.run.attempt.result === 'OK', 'replay', 'reused'],
  [(r) => r.run.attempt.told_at === null, 'replay', 'replay'],
  // The attempt number, and so the token, must not rise while the last token may still start a run.
  [(r) => state(r) === 'UNCONFIRMED' && r.pressed && !forced(r), 'replay', 'reused'],
  [(r) => state(r) === 'UNCONFIRMED', 'resubmit', 'reused'],
  [(r) => r.pressed && forced(r), 'attempt', 'attempt'],
  [(r) => r.pressed, 'replay', 'reused'],
  [(r) => state(r) === 'REJECTED' || state(r) === 'SKIPPED', 'attempt', 'attempt'],
  [(r) => r.policy === 'replay', 'replay', 'reused'],
  [(r) => r.policy === 'new' || forced(r), 'attempt', 'attempt'],
  [(r) => r.policy === 'repair', 'repair', 'reused'],
]

/** What a repeated key does: the table of design §4.3. Pure. */
export function decideRepeat(repeated: RepeatedKey): RepeatDecision {
  const repeat: Repeat = { ...repeated, pressed: wasPressed(repeated) }
  const row = ROWS.find(([when]) => when(repeat))
  if (!row) throw new Error(`no row for policy ${repeat.policy}`)
  return repeat.sameParameters ? row[1] : row[2]
}

function wasPressed({ run, rerunId, now, rerunMinMs }: RepeatedKey): boolean {
  if (rerunId !== undefined) return run.rerun_ids.includes(rerunId)
  return run.attempt.told_at !== null && now - run.attempt.told_at < rerunMinMs
}

/** An UNCONFIRMED run keeps its key until it is settled: a new order would need a new token. */
function outlived({ run, now, keyTtlMs }: RepeatedKey): boolean {
  const { state, finished_at } = run.attempt
  return state !== 'UNCONFIRMED' && finished_at !== null && now - finished_at >= keyTtlMs
}
