import { DatabricksError, mayHaveBeenActedOn } from '../databricks/errors.ts'
import type { DatabricksClient, Run as UpstreamRun } from '../databricks/types.ts'
import { isUnsent } from './cancel.ts'
import { endBadly, REOPENED } from './endings.ts'
import { latestRepairId } from './latest-repair.ts'
import type { Observe } from './observe.ts'
import { readOutcome } from './outcome.ts'
import { postpone } from './postpone.ts'
import type { Attempt, RepairBase, Run } from './run.ts'
import { isDone } from './run.ts'
import {
  countTry,
  endRefused,
  endUnsent,
  type Submit,
  type SubmitDeps,
  type Submitted,
  takeBack,
  waitForCredential,
} from './submit.ts'

export interface SubmitRepairDeps extends Omit<SubmitDeps, 'settle' | 'enterOrHold' | 'firstLookAt'> {
  observe: Observe
}

/** A lost post may still be acted on for this long. */
const ECHO_MS = 10_000
const REFUSALS = new Set<DatabricksError['kind']>(['refused', 'missing', 'denied'])

/**
 * Submits an attempt of kind repair. Databricks knows no token for it, so the run's history is read before every post:
 * a later repair there, whoever made it, is this one (design §4.4).
 */
export function createSubmitRepair({
  store,
  transitions,
  clientFor,
  observe,
  clock,
  random,
}: SubmitRepairDeps): Submit {
  /** The repair is there, ours or another's: from now on it is watched. */
  async function adopt(run: Run, base: RepairBase, upstream: UpstreamRun, sentAt: number): Promise<Submitted> {
    const adopted = await recordTaken(run, base, latestRepairId(upstream))
    return { run: await observe(adopted, upstream, sentAt) }
  }

  function recordTaken(run: Run, base: RepairBase, repairId: string | null): Promise<Run> {
    return transitions.amend(run, ({ attempt }) => {
      if (attempt.databricks_run_id !== null) return undefined
      return {
        ...REOPENED,
        state: 'PENDING',
        databricks_run_id: base.databricks_run_id,
        repair_id: repairId,
        tries_in_doubt: 0,
        message: 'Databricks has accepted the repair.',
        due_at: clock.now(),
      }
    })
  }

  async function recordFailure(run: Run, error: DatabricksError): Promise<Submitted> {
    const refused = REFUSALS.has(error.kind)
    const recorded = await transitions.amend(run, ({ attempt }) => {
      if (attempt.databricks_run_id !== null || isDone(attempt.state)) return undefined
      const now = clock.now()
      if (mayHaveBeenActedOn(error)) return postpone(attempt, error, now, random())
      const counts = takeBack(attempt, 1)
      return { ...counts, ...(refused ? endRefused(error, now) : postpone(attempt, error, now, random())) }
    })
    return refused && recorded.attempt.state === 'REJECTED' ? { run: recorded, refusal: error } : { run: recorded }
  }

  /** The history cannot be read. Past the deadline nothing more is tried, and a post in doubt stays in doubt. */
  async function putOff(run: Run, error: DatabricksError): Promise<Submitted> {
    const { submit_deadline_at, tries_in_doubt } = run.attempt
    const now = clock.now()
    if (now < submit_deadline_at) {
      return { run: await transitions.amend(run, ({ attempt }) => postpone(attempt, error, now, random())) }
    }
    const [state, cause] =
      tries_in_doubt === 0 ? (['REJECTED', 'platform'] as const) : (['UNCONFIRMED', 'unconfirmed'] as const)
    const message = `Databricks never confirmed the repair (${error.message}).`
    const again = state === 'UNCONFIRMED' ? { due_at: now + ECHO_MS * 6 } : {}
    const change = isDone(run.attempt.state)
      ? again
      : { ...endBadly(state, cause, message, now, { retryable: true }), ...again }
    return { run: await transitions.amend(run, () => change) }
  }

  async function post(run: Run, base: RepairBase, client: DatabricksClient, deadline: number, counted?: 'counted') {
    const begun = counted ? run : await transitions.move(run, countTry(run.attempt, deadline, clock.now()))
    if (!begun) return { run: (await store.get(run.id)) ?? run }
    try {
      const { repairId } = await client.repairRun(begun.attempt.request_body, { deadline })
      return { run: await recordTaken(begun, base, repairId) }
    } catch (error) {
      if (error instanceof DatabricksError) return recordFailure(begun, error)
      throw error
    }
  }

  /** Databricks has no later repair: nothing was acted on so far. */
  async function postUnlessLate(
    run: Run,
    base: RepairBase,
    client: DatabricksClient,
    deadline: number,
    counted?: 'counted',
  ) {
    const now = clock.now()
    const settledAt = earlierPostSettles(run.attempt, counted)
    if (now < run.attempt.submit_deadline_at && settledAt <= now) return post(run, base, client, deadline, counted)
    const message = 'Not repaired: the time to submit it is over, and Databricks has no such repair.'
    const change =
      settledAt > now ? { due_at: settledAt } : endBadly('REJECTED', 'platform', message, now, { retryable: true })
    return { run: await transitions.amend(run, () => change) }
  }

  async function lookAndPost(
    run: Run,
    base: RepairBase,
    client: DatabricksClient,
    deadline: number,
    counted?: 'counted',
  ) {
    const sentAt = clock.now()
    const read = await readHistory(client, base, deadline)
    if ('error' in read) return read.error.kind === 'missing' ? recordFailure(run, read.error) : putOff(run, read.error)
    const { upstream } = read
    const active = !isDone(readOutcome(upstream, 'ok').state)
    const later = latestRepairId(upstream) !== base.latest_repair_id
    return active || later ? adopt(run, base, upstream, sentAt) : postUnlessLate(run, base, client, deadline, counted)
  }

  return async (run, deadline, counted) => {
    const { attempt } = run
    if (!attempt.repair) throw new Error(`run ${run.id} has no repair to submit`)
    if (attempt.cancel && isUnsent(attempt)) return { run: await endUnsent(transitions, run, clock.now()) }
    const client = clientFor(attempt)
    if (!client) return { run: await waitForCredential(transitions, run, clock.now()) }
    return lookAndPost(run, attempt.repair, client, deadline, counted)
  }
}

async function readHistory(client: DatabricksClient, { databricks_run_id }: RepairBase, deadline: number) {
  try {
    return { upstream: await client.getRun(databricks_run_id, { deadline, includeHistory: true }) }
  } catch (error) {
    if (error instanceof DatabricksError) return { error }
    throw error
  }
}

/** When a post that was lost can no longer be acted on; 0 when there was none. */
function earlierPostSettles({ tries_in_doubt, last_try_at }: Attempt, counted?: 'counted'): number {
  const inDoubt = tries_in_doubt - (counted ? 1 : 0)
  return inDoubt > 0 && last_try_at !== null ? last_try_at + ECHO_MS : 0
}
