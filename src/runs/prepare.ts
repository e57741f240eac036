import { GatewayError } from './errors.ts'
import type { Order, Prepared } from './intent.ts'
import type { FindJobId } from './job-id.ts'
import { decideRepeat, findDifference, type RepeatDecision } from './key.ts'
import { readParameters } from './parameters.ts'
import type { Startable } from './pause.ts'
import type { Run } from './run.ts'

export interface PrepareDeps {
  findJobId: FindJobId
  triggerTimeoutMs: () => number
}

/**
 * Checks an order, without any side effect.
 * @throws GatewayError invalid-parameters, databricks-job-missing, databricks-unavailable
 */
export type Prepare = (order: Order) => Promise<Prepared>

export function createPrepare({ findJobId, triggerTimeoutMs }: PrepareDeps): Prepare {
  return async (order) => {
    const { definition, workspace_host } = order
    const parameters = readParameters(definition, order.parameters, order.date_input)
    const deadline = order.arrived_at + triggerTimeoutMs()
    const databricksJobId = await findJobId(definition, workspace_host, deadline)
    return { order, job: definition, parameters, workspaceHost: workspace_host, databricksJobId, deadline }
  }
}

const DAY_MS = 86_400_000

/** What a pause would have to concern. */
export function whatStarts({ order, job }: Prepared): Startable {
  return { workspace: job.workspace, job: order.job }
}

/** What the order does with the run that holds its key; `reused` is thrown. */
export function decideOrder(
  { order, job, parameters }: Prepared,
  holder: Run,
  now: number,
): Exclude<RepeatDecision, 'reused'> {
  const difference = findDifference(holder.attempt.sent, parameters.sent)
  const decision = decideRepeat({
    run: holder,
    policy: order.rerun,
    ...(order.rerun_id === undefined ? {} : { rerunId: order.rerun_id }),
    sameParameters: difference === undefined,
    now,
    rerunMinMs: job.rerun_min_seconds * 1000,
    keyTtlMs: job.key_ttl_days * DAY_MS,
  })
  if (decision === 'reused') throw reused(holder, difference)
  return decision
}

function reused(holder: Run, difference: ReturnType<typeof findDifference>): GatewayError {
  const { name, before, now } = difference ?? { name: 'a parameter', before: null, now: null }
  const unsettled =
    holder.attempt.state === 'UNCONFIRMED' ? ' It may still start, so its parameters cannot change yet.' : ''
  return new GatewayError(
    'key-reused',
    `Key ${JSON.stringify(holder.key)} stands for run ${holder.id} with ${name} = ${JSON.stringify(before)}; this call ` +
      `says ${JSON.stringify(now)}.${unsettled} Send the same parameters, or another key for another run.`,
    { run: holder },
  )
}
