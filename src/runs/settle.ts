import type { Clock } from '../clock.ts'
import type { DatabricksClient, Run as UpstreamRun } from '../databricks/types.ts'
import { endBadly, REOPENED } from './endings.ts'
import type { Attempt, Run } from './run.ts'
import type { AttemptChange, RunStore } from './store.ts'
import type { Transitions } from './transition.ts'

export interface SettleDeps {
  store: RunStore
  transitions: Transitions
  clientFor: (attempt: Attempt) => DatabricksClient | undefined
  clock: Clock
}

/**
 * Finds out what became of an attempt that Databricks never confirmed: REJECTED when it is proved that nothing runs,
 * watched when its run is found, UNCONFIRMED while Databricks cannot be asked (design §4.2).
 */
export type Settle = (run: Run) => Promise<Run>

/** A post may still be acted on shortly after it was lost: the list is believed only this long after the last try. */
const ECHO_MS = 10_000
const ASK_AGAIN_MS = 60_000
const ASK_TIMEOUT_MS = 10_000
/** Clocks differ: the search begins this long before the intent was written. */
const CLOCK_SKEW_MS = 5 * 60_000
const MAX_PAGES = 40
const RETRYABLE = { retryable: true }

export function createSettle({ store, transitions, clientFor, clock }: SettleDeps): Settle {
  async function find(attempt: Attempt): Promise<UpstreamRun[]> {
    const client = clientFor(attempt)
    if (!client) throw new Error('no credential is configured for its workspace')
    const call = { deadline: clock.now() + ASK_TIMEOUT_MS }
    const found: UpstreamRun[] = []
    let pageToken: string | undefined
    for (let page = 0; page < MAX_PAGES; page++) {
      const { runs, next_page_token } = await client.listRuns(
        {
          jobId: attempt.databricks_job_id,
          startTimeFrom: attempt.created_at - CLOCK_SKEW_MS,
          ...(pageToken === undefined ? {} : { pageToken }),
        },
        call,
      )
      found.push(...runs.filter((run) => hasParameters(run, attempt.request_body)))
      if (!next_page_token) return found
      pageToken = next_page_token
    }
    throw new Error('its job has more runs than can be searched')
  }

  async function findUnowned(attempt: Attempt): Promise<UpstreamRun[]> {
    const unowned: UpstreamRun[] = []
    for (const candidate of await find(attempt)) {
      const owners = await store.findByDatabricksRun(candidate.run_id)
      if (!owners.some((owner) => owner.attempt.workspace_host === attempt.workspace_host)) unowned.push(candidate)
    }
    return unowned
  }

  async function decide(attempt: Attempt): Promise<AttemptChange> {
    const now = clock.now()
    const lastTry = attempt.last_try_at ?? attempt.created_at
    if (attempt.tries_in_doubt === 0) return endBadly('REJECTED', 'platform', neverSubmitted(attempt), now, RETRYABLE)
    if (now < lastTry + ECHO_MS) return { due_at: lastTry + ECHO_MS }
    try {
      const [candidate, ...more] = await findUnowned(attempt)
      if (!candidate) return endBadly('REJECTED', 'platform', provedNotStarted(attempt), now, RETRYABLE)
      if (more.length > 0) throw new Error(`${more.length + 1} runs there could be it`)
      return {
        ...REOPENED,
        state: 'PENDING',
        databricks_run_id: candidate.run_id,
        message: 'Found in Databricks after its answer was lost.',
        due_at: now,
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      return {
        ...endBadly('UNCONFIRMED', 'unconfirmed', unconfirmed(attempt, reason), now, RETRYABLE),
        due_at: now + ASK_AGAIN_MS,
      }
    }
  }

  return async (run) => {
    const change = await decide(run.attempt)
    // Still unconfirmed: it ended when it ended, only the next look is due.
    const again = change.state === 'UNCONFIRMED' && run.attempt.state === 'UNCONFIRMED'
    const moved = await transitions.move(run, again ? { due_at: change.due_at ?? null } : change)
    return moved ?? (await store.get(run.id)) ?? run
  }
}

/**
 * Whether an upstream run was started with what the stored run-now call sends. Job parameters that the call leaves out
 * must stand at their default there; legacy parameters come back as `overriding_parameters`.
 */
export function hasParameters(run: UpstreamRun, requestBody: string): boolean {
  const {
    job_id: _,
    idempotency_token: __,
    queue: ___,
    job_parameters = {},
    ...legacy
  } = JSON.parse(requestBody) as {
    job_parameters?: Record<string, string>
  } & Record<string, unknown>
  const used = run.job_parameters ?? []
  const agrees = used.every(
    ({ name, value, default: standard }) => value === (job_parameters[name] ?? standard ?? value),
  )
  const complete = Object.keys(job_parameters).every((name) => used.some((parameter) => parameter.name === name))
  const overriding = (run.overriding_parameters ?? {}) as Record<string, unknown>
  const names = new Set([...Object.keys(legacy), ...Object.keys(overriding)])
  const same = [...names].every((name) => canonical(legacy[name]) === canonical(overriding[name]))
  return agrees && complete && same
}

/** JSON with sorted keys, so that equal values are equal texts; an absent value equals an empty one. */
function canonical(value: unknown): string {
  if (value === undefined || value === null) return '{}'
  if (Array.isArray(value)) return value.length === 0 ? '{}' : JSON.stringify(value)
  return JSON.stringify(value, Object.keys(value).sort())
}

const neverSubmitted = ({ message }: Attempt) =>
  `Not started: the time to submit it is over and no try ever left the gateway. ${message}`

const provedNotStarted = ({ message }: Attempt) =>
  `Not started: the time to submit it is over, and Databricks has no such run. ${message}`

const unconfirmed = ({ last_try_at }: Attempt, reason: string) =>
  `Databricks never confirmed the start (last try ${new Date(last_try_at ?? 0).toISOString()}; ${reason}). A rerun cannot start it twice.`
