import type { Clock } from '../clock.ts'
import { DatabricksError } from '../databricks/errors.ts'
import type { DatabricksClient, Run as UpstreamRun } from '../databricks/types.ts'
import { GatewayError } from './errors.ts'
import { latestRepairId } from './latest-repair.ts'
import type { Observe } from './observe.ts'
import { readOutcome } from './outcome.ts'
import type { Attempt, RepairBase, Run } from './run.ts'

export interface RevisitDeps {
  clientFor: (attempt: Attempt) => DatabricksClient | undefined
  observe: Observe
  /** Whether a partial success counts as OK for the job. */
  partialOf: (job: string) => 'ok' | 'ko'
  clock: Clock
}

/**
 * Before a run that ended badly starts anything: its last Databricks run is read once, with its history. Somebody may
 * have repaired it there. Not over: the run as it is now, active again or well.
 * @throws GatewayError databricks-unavailable: nothing was started
 */
export type Revisit = (run: Run, deadline: number) => Promise<Revisited>

export type Revisited =
  | { over: true /** What a repair can build on; undefined: Databricks has no run. */; base: RepairBase | undefined }
  | { over: false; run: Run }

export function createRevisit({ clientFor, observe, partialOf, clock }: RevisitDeps): Revisit {
  async function read(attempt: Attempt, runId: string, deadline: number): Promise<UpstreamRun | undefined> {
    const client = clientFor(attempt)
    try {
      if (!client) throw new Error(`no credential is configured for workspace ${attempt.workspace}`)
      return await client.getRun(runId, { deadline, includeHistory: true })
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
    const { databricks_run_id, repair } = run.attempt
    const runId = databricks_run_id ?? repair?.databricks_run_id
    if (runId === undefined) return { over: true, base: undefined }
    const sentAt = clock.now()
    const upstream = await read(run.attempt, runId, deadline)
    if (!upstream) return { over: true, base: undefined }
    if (readOutcome(upstream, partialOf(run.job)).result === 'KO') {
      return { over: true, base: { databricks_run_id: runId, latest_repair_id: latestRepairId(upstream) } }
    }
    return { over: false, run: await observe(run, upstream, sentAt, 'reopen') }
  }
}
