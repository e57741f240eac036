import type { JobDefinition } from './definitions.ts'
import type { RunParameters } from './parameters.ts'
import { type Phase, roundPhase } from './phase.ts'
import type { Attempt, Round } from './plan.ts'

export interface Job {
  readonly id: string
  readonly createdAt: number
  definition: JobDefinition
  /** A deleted job still answers 403 to who may not run it. */
  deleted: boolean
  /** Runs that were not skipped. */
  count: number
  readonly runs: RunIndex
  readonly queue: Set<Run>
}

/** The runs of a job or of the workspace, in the orders in which they are listed. */
export interface RunIndex {
  /** In the order of their start. */
  readonly all: Run[]
  readonly active: Set<Run>
  /** In the order of their end. */
  readonly ended: Run[]
}

/** Why a run waits, in the words of `queue_details`. */
export type QueueCode = 'MAX_CONCURRENT_RUNS_REACHED' | 'ACTIVE_RUNS_LIMIT_REACHED'

/** One run of one job. Its rounds are plans; the present follows from them and the time. */
export interface Run {
  readonly id: string
  readonly job: Job
  /** The job as it was when the run was triggered, or at its latest repair. */
  definition: JobDefinition
  readonly nth: number
  readonly createdAt: number
  /** Idempotency token. */
  readonly token: string | undefined
  parameters: RunParameters
  /** Set while the run is QUEUED. */
  queued: QueueCode | undefined
  /** When it left the queue, or `createdAt`. */
  admittedAt: number
  rounds: readonly [Round, ...Round[]]
  /** Of every attempt ever planned, those included that a cancel made disappear. */
  readonly taskRunIds: string[]
}

export function lastRound(run: Run): Round {
  return run.rounds.at(-1) ?? run.rounds[0]
}

export function runPhase(run: Run, now: number): Phase {
  return run.queued ? { lifeCycle: 'QUEUED', ending: undefined } : roundPhase(lastRound(run), now)
}

/** The attempts that the API lists at `now`: round by round, tasks in the job's order, attempts in theirs. */
export function attemptsOf(run: Run, now: number): Attempt[] {
  const attempts = run.rounds.flatMap((round) => round.attempts)
  return attempts.filter((attempt) => (run.queued ? attempt.number === 0 : attempt.since <= now))
}

/** The last attempt of each task. */
export function latestAttempts(run: Run): Map<string, Attempt> {
  return new Map(run.rounds.flatMap((round) => round.attempts).map((attempt) => [attempt.taskKey, attempt]))
}

/** A run as the controls show it: ids are decimal strings, instants epoch ms. */
export interface RunSummary {
  readonly run_id: string
  readonly job_id: string
  readonly job_name: string
  readonly idempotency_token: string | null
  readonly parameters: Readonly<Record<string, unknown>>
  readonly start_time: number
  readonly end_time: number | null
  readonly life_cycle_state: string
  readonly result_state: string | null
  readonly termination_code: string | null
  readonly repairs: number
}

export function summarize(run: Run, now: number): RunSummary {
  const { lifeCycle, ending } = runPhase(run, now)
  const { job, overriding } = run.parameters
  return {
    run_id: run.id,
    job_id: run.job.id,
    job_name: run.definition.name,
    idempotency_token: run.token ?? null,
    parameters: { ...overriding, ...(Object.keys(job).length > 0 && { job_parameters: job }) },
    start_time: run.createdAt,
    end_time: ending ? lastRound(run).end : null,
    life_cycle_state: lifeCycle,
    result_state: ending?.result ?? null,
    termination_code: ending?.code ?? null,
    repairs: run.rounds.length - 1,
  }
}
