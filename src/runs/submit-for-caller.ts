import type { Clock } from '../clock.ts'
import { inTime } from './in-time.ts'
import type { Run } from './run.ts'
import { LedgerError } from './store.ts'
import type { Submit } from './submit.ts'

export interface SubmitForCallerDeps {
  submit: Submit
  clock: Clock
  onError: (error: unknown, run: Run) => void
}

/** What Databricks said at the deadline is written down in this time. */
const WRITING_MS = 400

/**
 * A submission that somebody waits for. The intent is in the ledger: when that fails now, the run is accepted all the
 * same, its try in doubt, and whoever watches finds what became of it under the same token.
 */
export function createSubmitForCaller({ submit, clock, onError }: SubmitForCallerDeps): Submit {
  return async (run, deadline, counted) => {
    try {
      return await inTime(submit(run, deadline, counted), deadline + WRITING_MS, clock)
    } catch (error) {
      if (!(error instanceof LedgerError)) throw error
      onError(error, run)
      return { run }
    }
  }
}
