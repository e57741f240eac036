import type { Clock } from '../clock.ts'
import { DatabricksError } from '../databricks/errors.ts'
import type { DatabricksClient, Run as UpstreamRun } from '../databricks/types.ts'
import { GatewayError } from './errors.ts'
import type { Observe } from './observe.ts'
import { readOutcome } from './outcome.ts'
import type { Attempt, Run } from './run.ts'

export interface RevisitDeps {
  clientFor: (attempt: Attempt) => DatabricksClient | undefined
  observe: Observe
  clock: Clock
}

/**
 * Before a key that ended badly starts anything: reads its last Databricks run once, with its history. Somebody may
 * have repaired it there. `over`: it has ended as we know it; else the run as it is now, active again or well.
 * @throws GatewayError databricks-unavailable: nothing was started
 */
export type Revisit = (run: Run, deadline: number) => Promise<Run | 'over'>

export function createRevisit({ clientFor, observe, clock }: RevisitDeps): Revisit {
  async function read(attempt: Attempt, deadline: number): Promise<UpstreamRun | undefined> {
    const client = clientFor(attempt)
    try {
      if (!client) throw new Error(`no credential is configured for workspace ${attempt.workspace}`)
      return await client.getRun(attempt.databricks_run_id ?? '', { deadline, includeHistory: true })
    } catch (error) {
      if (error instanceof DatabricksError && error.kind === 'missing') return undefined
      throw new GatewayError(
        'databricks-unavailable',
        'The last run of this key cannot be read in Databricks now, so nothing was started: it may have been repaired there. Call again.',
        { cause: error, retryAfterSeconds: 10, internal: error instanceof Error ? error.message : String(error) },
      )
    }
  }

  return async (run, deadline) => {
    if (run.attempt.databricks_run_id === null) return 'over'
    const sentAt = clock.now()
    const upstream = await read(run.attempt, deadline)
    if (!upstream) return 'over'
    const { state } = readOutcome(upstream, 'ok')
    if (state !== 'QUEUED' && state !== 'PENDING' && state !== 'RUNNING' && state !== 'SUCCEEDED') return 'over'
    return observe(run, upstream, sentAt, 'reopen')
  }
}
