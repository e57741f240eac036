import { randomUUID } from 'node:crypto'
import { systemClock } from '../../src/clock.ts'
import type { Run } from '../../src/databricks/types.ts'
import type { Reply, Subject } from './subject.ts'

/** A start as the gateway makes it. */
export interface Started {
  token: string
  reply: Reply
  runId: string
}

/** What was seen of a run that was canceled while it went on. */
interface Canceled {
  token: string
  run: Run
  /** A repair, asked for while the run was active. */
  repair: Reply
  /** A second cancel, once it was over. */
  again: Reply
}

/** The runs that the contract looks at, each made when it is first asked for. */
export interface Runs {
  first(): Promise<Started>
  /** The first one, once it is over. */
  ended(): Promise<Run>
  /** Two posts at once under one token. */
  twins(): Promise<[Started, Started]>
  /** The run of the twins. */
  canceled(): Promise<Canceled>
}

/** A cluster may have to start first. */
const LONGEST_RUN_MS = 45 * 60_000

export function createRuns(subject: Subject): Runs {
  const first = once(() => start(subject))
  const twins = once(() => {
    const token = newToken()
    return Promise.all([start(subject, { token }), start(subject, { token })])
  })
  return {
    first,
    twins,
    ended: once(async () => awaitEnd(subject, (await first()).runId)),
    canceled: once(async () => {
      const [{ token, runId }] = await twins()
      const repair = await subject.post('runs/repair', { run_id: runId }, { rerun_all_failed_tasks: true })
      await subject.client.cancelRun(runId, soon())
      const run = await awaitEnd(subject, runId)
      return { token, run, repair, again: await subject.post('runs/cancel', { run_id: runId }) }
    }),
  }
}

/** Starts the job under a token of its own; the `runId` is '' when that was refused. */
export async function start(
  { post, jobId }: Subject,
  { token = newToken(), ...fields }: { token?: string; job_parameters?: Record<string, string> } = {},
): Promise<Started> {
  // A job that is full queues, as it does for the gateway.
  const order = { queue: { enabled: true }, idempotency_token: token, ...fields }
  const reply = await post('run-now', { job_id: jobId }, order)
  return { token, reply, runId: String(reply.body['run_id'] ?? '') }
}

/** Time for one call. */
export function soon(): { deadline: number } {
  return { deadline: systemClock.now() + 60_000 }
}

async function awaitEnd({ client, pollMs }: Subject, runId: string): Promise<Run> {
  const deadline = systemClock.now() + LONGEST_RUN_MS
  for (;;) {
    const run = await client.getRun(runId, soon())
    if (isOver(run)) return run
    if (systemClock.now() > deadline) throw new Error(`run ${runId} was not over in time`)
    await systemClock.sleep(pollMs)
  }
}

function isOver({ status, state }: Run): boolean {
  return (
    status?.state === 'TERMINATED' ||
    ['TERMINATED', 'SKIPPED', 'INTERNAL_ERROR'].includes(state?.life_cycle_state ?? '')
  )
}

function newToken(): string {
  return `gateway-contract-${randomUUID()}`
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}
