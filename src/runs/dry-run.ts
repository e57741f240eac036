import type { Clock } from '../clock.ts'
import { DatabricksError } from '../databricks/errors.ts'
import type { DatabricksClient } from '../databricks/types.ts'
import { GatewayError } from './errors.ts'
import { makeIntent, type Order, type Prepared } from './intent.ts'
import type { RepeatDecision } from './key.ts'
import type { Pause } from './pause.ts'
import type { Pauses } from './pauses.ts'
import { decideOrder, type Prepare, whatStarts } from './prepare.ts'
import type { Attempt, ParameterValues, Run } from './run.ts'
import type { RunStore } from './store.ts'

export interface DryRunDeps {
  prepare: Prepare
  store: Pick<RunStore, 'getByKey'>
  pauses: Pick<Pauses, 'of' | 'check'>
  clientFor: (where: Pick<Attempt, 'workspace' | 'workspace_host'>) => DatabricksClient | undefined
  clock: Clock
  instance: string
}

/** What an order would do. */
export interface Forecast {
  would: 'start' | Exclude<RepeatDecision, 'reused'>
  /** The run that holds the key. */
  run: Run | undefined
  /** What Databricks would be given. */
  parameters: ParameterValues
  databricks_job_id: string
  /** What would hold back whatever it would start. */
  pause: Pause | undefined
}

/**
 * Checks an order whole, with the job in Databricks, and says what it would do; writes and starts nothing.
 * @throws GatewayError what the order would be refused with, or databricks-denied, -job-missing, -unavailable
 */
export type DryRun = (order: Order) => Promise<Forecast>

export function createDryRun({ prepare, store, pauses, clientFor, clock, instance }: DryRunDeps): DryRun {
  async function checkDatabricks({ job, workspaceHost, databricksJobId, deadline }: Prepared): Promise<void> {
    const { workspace } = job
    const client = clientFor({ workspace, workspace_host: workspaceHost })
    if (!client) throw unavailable(workspace, 'it has left the configuration')
    try {
      await client.getJob(databricksJobId, { deadline })
    } catch (error) {
      if (error instanceof DatabricksError) throw explain(error, workspace)
      throw error
    }
  }

  return async (order) => {
    const prepared = await prepare(order)
    const { parameters, databricksJobId } = prepared
    const holder = order.key === undefined ? undefined : await store.getByKey(order.client.id, order.job, order.key)
    const would = holder ? decideOrder(prepared, holder, clock.now()) : 'start'
    const isStart = would !== 'attach' && would !== 'replay'
    if (isStart) pauses.check(whatStarts(prepared), holder)
    // The intent itself is checked too: it may be too large for Databricks.
    makeIntent(prepared, holder ?? { id: '', key: order.key ?? null }, {
      number: 1,
      kind: 'first',
      instance,
      now: clock.now(),
      submission: 'later',
    })
    await checkDatabricks(prepared)
    const pause = isStart ? pauses.of(whatStarts(prepared)) : undefined
    return { would, run: holder, parameters: parameters.values, databricks_job_id: databricksJobId, pause }
  }
}

function explain({ kind, message }: DatabricksError, workspace: string): GatewayError {
  switch (kind) {
    case 'missing':
      return new GatewayError(
        'databricks-job-missing',
        `Databricks does not know the job of the catalogue (${message}).`,
      )
    case 'refused':
    case 'denied':
      return new GatewayError(
        'databricks-denied',
        `Databricks does not show the job to the gateway's own principal (${message}).`,
      )
    default:
      return unavailable(workspace, message)
  }
}

function unavailable(workspace: string, why: string): GatewayError {
  return new GatewayError('databricks-unavailable', `Workspace ${workspace} does not answer the gateway (${why}).`, {
    retryAfterSeconds: 10,
  })
}
