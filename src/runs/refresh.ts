import type { Clock } from '../clock.ts'
import { DatabricksError } from '../databricks/errors.ts'
import type { DatabricksClient } from '../databricks/types.ts'
import { GatewayError } from './errors.ts'
import { latestRepairId } from './latest-repair.ts'
import type { Observe } from './observe.ts'
import type { Attempt, Run } from './run.ts'
import { isDone } from './run.ts'

export interface RefreshDeps {
  clientFor: (attempt: Attempt) => DatabricksClient | undefined
  observe: Observe
  clock: Clock
}

/**
 * Looks at a run in Databricks now, once, instead of waiting for the watcher; a run that has ended is taken up again
 * when somebody repaired it there. A run that Databricks has not confirmed stays as it is.
 * @throws GatewayError databricks-unavailable
 */
export type Refresh = (run: Run) => Promise<Run>

const TIMEOUT_MS = 10_000

export function createRefresh({ clientFor, observe, clock }: RefreshDeps): Refresh {
  return async (run) => {
    const { attempt } = run
    const client = clientFor(attempt)
    if (attempt.databricks_run_id === null || !client) return run
    const sentAt = clock.now()
    try {
      const call = { deadline: sentAt + TIMEOUT_MS, includeHistory: true, by: 'watcher' } as const
      const upstream = await client.getRun(attempt.databricks_run_id, call)
      const repaired = isDone(attempt.state) && latestRepairId(upstream) !== attempt.repair_id
      return await observe(run, upstream, sentAt, repaired ? 'reopen' : undefined)
    } catch (error) {
      if (!(error instanceof DatabricksError)) throw error
      const detail = `Databricks cannot be asked about this run now (${error.message}). What is known of it stays.`
      throw new GatewayError('databricks-unavailable', detail, { run, cause: error, retryAfterSeconds: 10 })
    }
  }
}
