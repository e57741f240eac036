import type { Logger } from 'pino'
import { hasEnded, wasFoundAgain, wasRecovered } from '../metrics/moved.ts'
import { type Attempt, isDone, type Run } from '../runs/run.ts'
import type { Moved } from '../runs/transition.ts'

/** Whom a failed run concerns. */
type OwnerOf = (job: string) => string | undefined

/**
 * Logs what an operator has to know of a run: one line for every ending, and the two ways in which a start may not go
 * as it should.
 * - `run.finished`: an attempt has ended; at level warn when KO;
 * - `run.settled`: it is known now what became of a run that had ended UNCONFIRMED;
 * - `run.submitting`: Databricks does not confirm the start, or the reason has changed; the gateway goes on trying;
 * - `run.recovered`: a start whose answer was lost, or that the ledger did not know of, has turned out to have happened.
 */
export function logMoved(log: Logger, ownerOf: OwnerOf): (moved: Moved) => void {
  return (moved) => {
    const { before, run } = moved
    const { attempt } = run
    const fields = describe(run, ownerOf)
    if (isDone(attempt.state) && attempt.state !== before?.state) {
      const level = attempt.result === 'OK' ? 'info' : 'warn'
      log[level]({ event: hasEnded(moved) ? 'run.finished' : 'run.settled', ...fields, ...describeEnding(run) })
    } else if (wasRecovered(moved) || wasFoundAgain(moved)) {
      log.info({ event: 'run.recovered', ...fields, databricks_run_id: attempt.databricks_run_id })
    } else if (isHanging(before) && isHanging(attempt) && patience(attempt) !== patience(before)) {
      log.warn({ event: 'run.submitting', ...fields, tries: attempt.tries })
    }
  }
}

/** What a pause holds back waits for no answer. */
function isHanging(attempt: Attempt | undefined): attempt is Attempt {
  return attempt?.state === 'SUBMITTING' && attempt.held_since === null
}

/** What is waited for, without the last error in brackets: that differs from try to try, and would fill the log. */
function patience({ message }: Attempt): string | undefined {
  return message.split(' (')[0]
}

function describe({ id, job, key, attempt }: Run, ownerOf: OwnerOf) {
  const { number, client, ref, state, message } = attempt
  return { run: id, job, owner: ownerOf(job) ?? null, client, ref, key, attempt: number, state, message }
}

function describeEnding({ attempt }: Run) {
  const { cause, run_url, queue_ms, run_ms } = attempt
  return { cause, run_url, queue_seconds: toSeconds(queue_ms), run_seconds: toSeconds(run_ms) }
}

function toSeconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000
}
