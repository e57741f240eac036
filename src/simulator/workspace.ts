import type { JobDefinition } from './definitions.ts'
import { toEnding } from './endings.ts'
import { ApiError } from './errors.ts'
import type { Options } from './options.ts'
import type { RunParameters } from './parameters.ts'
import { type Attempt, endAtOnce, planRound, type Round } from './plan.ts'
import { attemptsOf, type Job, lastRound, latestAttempts, type Run, type RunIndex } from './run.ts'
import { createRunIndex } from './run-index.ts'
import { createSchedule } from './schedule.ts'

interface Trigger {
  readonly parameters: RunParameters
  readonly token: string | undefined
  /** Overrides the job's queue setting. */
  readonly queue: boolean | undefined
  /** The tasks to run; all when undefined. */
  readonly only: ReadonlySet<string> | undefined
}

/** The jobs and runs of the simulated workspace. */
export interface Workspace {
  /** Catches up with the clock and returns the instant; everything else happens at that instant until the next call. */
  settle(): number
  /** Adds a job or replaces it; runs that exist keep the definition they started with. */
  define(definition: JobDefinition): Job
  removeJob(id: string): void
  /** The job, a deleted one included. */
  job(id: string): Job | undefined
  jobs(): Job[]
  /** Starts a run, or returns the one that the token already started. Throws ApiError. */
  trigger(job: Job, trigger: Trigger): Run
  run(id: string): Run | undefined
  attempt(taskRunId: string): { readonly run: Run; readonly attempt: Attempt } | undefined
  readonly runs: RunIndex
  cancel(run: Run): void
  /** Opens an ended run again for these tasks, as the job is now; returns the id of the repair. */
  repair(run: Run, keys: ReadonlySet<string>, parameters: RunParameters): string
  /** Forgets a run; its token stays taken. */
  remove(run: Run): void
}

/** Databricks forgets runs after 60 days. */
const RETENTION_MS = 60 * 86_400_000

interface Dependencies {
  readonly now: () => number
  readonly options: Options
  readonly newId: () => string
}

export function createWorkspace({ now, options, newId }: Dependencies): Workspace {
  const jobs = new Map<string, Job>()
  const runs = new Map<string, Run>()
  const byTaskRun = new Map<string, Run>()
  const tokens = new Map<string, string>()
  const schedule = createSchedule({ now, options })
  let at = now()

  const keyOf = (job: Job, token: string) => (options.token_scope === 'job' ? `${job.id} ${token}` : token)

  const erase = (run: Run) => {
    runs.delete(run.id)
    for (const id of run.taskRunIds) byTaskRun.delete(id)
    schedule.forget(run)
  }

  const remember = (run: Run, round: Round) => {
    for (const { runId } of round.attempts) {
      run.taskRunIds.push(runId)
      byTaskRun.set(runId, run)
    }
  }

  const settle = (): number => {
    at = schedule.settle()
    const { ended } = schedule.runs
    for (let oldest = ended[0]; oldest; oldest = ended[0]) {
      if (ended.length <= options.max_runs && lastRound(oldest).end > at - RETENTION_MS) break
      erase(oldest)
      if (oldest.token) tokens.delete(keyOf(oldest.job, oldest.token))
    }
    return at
  }

  const start = (job: Job, { parameters, token, queue, only }: Trigger): Run => {
    const { definition } = job
    const obstacle = schedule.obstacle(job)
    // A job that may have no run at all would wait for ever.
    const mayQueue = (queue ?? definition.queue?.enabled ?? true) && definition.max_concurrent_runs !== 0
    if (obstacle === 'ACTIVE_RUNS_LIMIT_REACHED' && !mayQueue) {
      throw new ApiError(429, 'RESOURCE_EXHAUSTED', 'The workspace has reached its limit of active runs.')
    }
    const made = { id: newId(), job, definition, nth: job.count, createdAt: at, admittedAt: at, token, parameters }
    const run = { ...made, queued: undefined, taskRunIds: [] }
    if (obstacle && (!mayQueue || job.queue.size >= options.queue_limit)) {
      const ending = mayQueue ? toEnding('MAX_JOB_QUEUE_SIZE_EXCEEDED') : tooMany(options)
      const skipped: Run = { ...run, rounds: [endAtOnce(at, ending)] }
      schedule.skip(skipped)
      return skipped
    }
    job.count++
    const request = { at, nth: run.nth, keys: only, before: new Map(), repairId: undefined, newId }
    const started: Run = { ...run, rounds: [planRound(definition, request)] }
    remember(started, started.rounds[0])
    if (obstacle) schedule.enqueue(started, obstacle)
    else schedule.start(started)
    return started
  }

  return {
    settle,
    define: (definition) => {
      const id = definition.job_id?.toString() ?? newId()
      const fresh = { id, createdAt: at, definition, deleted: false, count: 0 }
      const job = jobs.get(id) ?? { ...fresh, runs: createRunIndex(), queue: new Set() }
      job.definition = definition
      job.deleted = false
      jobs.set(id, job)
      schedule.admit(job, at)
      return job
    },
    removeJob: (id) => {
      const job = jobs.get(id)
      if (job) job.deleted = true
    },
    job: (id) => jobs.get(id),
    jobs: () => [...jobs.values()].filter((job) => !job.deleted),
    trigger: (job, trigger) => {
      const key = trigger.token && keyOf(job, trigger.token)
      const known = key && tokens.get(key)
      if (known) {
        const { status, error_code, message } = options.deleted_token
        const run = runs.get(known)
        if (!run) throw new ApiError(status, error_code, message)
        return run
      }
      const run = start(job, trigger)
      runs.set(run.id, run)
      if (key) tokens.set(key, run.id)
      return run
    },
    run: (id) => runs.get(id),
    attempt: (taskRunId) => {
      const run = byTaskRun.get(taskRunId)
      const attempt = run && attemptsOf(run, at).find(({ runId }) => runId === taskRunId)
      return run && attempt && { run, attempt }
    },
    runs: schedule.runs,
    cancel: (run) => schedule.cancel(run, at),
    repair: (run, keys, parameters) => {
      const repairId = newId()
      const request = { at, nth: run.nth, keys, before: latestAttempts(run), repairId, newId }
      const round = planRound(run.job.definition, request)
      run.definition = run.job.definition
      run.parameters = parameters
      remember(run, round)
      schedule.reopen(run, round)
      return repairId
    },
    remove: erase,
  }
}

function tooMany(options: Options) {
  const ending = toEnding('MAX_CONCURRENT_RUNS_EXCEEDED')
  return options.skipped_result ? { ...ending, result: 'MAXIMUM_CONCURRENT_RUNS_REACHED' } : ending
}
