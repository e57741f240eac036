import type { Cause, DoneState } from '../runs/run.ts'
import type { Ending } from '../runs/store.ts'

/** What a failed task can be laid to. */
const FAILURES: Cause[] = [
  'user_code',
  'configuration',
  'library',
  'cluster',
  'capacity',
  'permission',
  'platform',
  'unknown',
]

/** The causes with which each KO ending is found as a rule; a rarer one appears once it has happened. */
const KO_CAUSES: Record<DoneState, readonly Cause[]> = {
  SUCCEEDED: [],
  PARTIAL: ['user_code'],
  FAILED: FAILURES,
  TIMED_OUT: ['timeout'],
  CANCELED: ['canceled'],
  SKIPPED: ['skipped', 'capacity'],
  REJECTED: ['configuration', 'permission', 'platform'],
  UNCONFIRMED: ['unconfirmed'],
}

/** Every ending that a job's runs may have, so that each can be counted from 0. */
export function possibleEndings(partial: 'ok' | 'ko'): Omit<Ending, 'job'>[] {
  const bad = Object.entries(KO_CAUSES) as [DoneState, readonly Cause[]][]
  return [
    { state: 'SUCCEEDED', result: 'OK', cause: '' },
    ...(partial === 'ok' ? [{ state: 'PARTIAL', result: 'OK', cause: '' } as const] : []),
    ...bad
      .filter(([state]) => state !== 'PARTIAL' || partial === 'ko')
      .flatMap(([state, causes]) => causes.map((cause) => ({ state, result: 'KO', cause }) as const)),
  ]
}
