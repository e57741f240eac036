import type { ClientConfig } from '../config/schema/clients.ts'
import type { ErrorCode } from '../runs/errors.ts'
import type { Run } from '../runs/run.ts'
import { isDone } from '../runs/run.ts'
import type { Format } from './call.ts'
import { PROBLEMS } from './problems.ts'

interface Telling {
  outcome: 'body' | 'http'
  pending: 202 | 'error'
  /** Status while active when the status does not tell the outcome. */
  accepted: 200 | 202
  codes: ClientConfig['codes']
}

export interface OutcomeStatus {
  status: number
  /** Set when the answer is a problem as well as a run. */
  code?: Extract<ErrorCode, 'run-failed' | 'run-canceled' | 'run-active'>
}

/** The status that tells a run's state: design §3.3. With outcome=http never 2xx unless it is OK or 202. Pure. */
export function chooseStatus({ attempt }: Run, { outcome, pending, accepted, codes }: Telling): OutcomeStatus {
  if (!isDone(attempt.state)) {
    if (outcome === 'body') return { status: accepted }
    return pending === 202 ? { status: 202 } : problem('run-active', codes.active)
  }
  if (outcome === 'body' || attempt.result === 'OK') return { status: 200 }
  return attempt.state === 'CANCELED' ? problem('run-canceled', codes.canceled) : problem('run-failed', codes.failed)
}

function problem(code: NonNullable<OutcomeStatus['code']>, own: number | undefined): OutcomeStatus {
  return { status: own ?? PROBLEMS[code].status, code }
}

/** A run in one word and a newline. */
export function presentWord({ attempt }: Run, format: Exclude<Format, 'json'>): string {
  return `${format === 'text' ? attempt.state : attempt.result || 'ACTIVE'}\n`
}
