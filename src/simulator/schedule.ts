import { createAgenda } from './agenda.ts'
import { type Ending, toEnding } from './endings.ts'
import type { Options } from './options.ts'
import { cut, endAtOnce, type Round, shift } from './plan.ts'
import { type Job, lastRound, type QueueCode, type Run, type RunIndex } from './run.ts'
import { createRunIndex, forget, reopen } from './run-index.ts'

/** Which runs wait, which are active, which are over. Nothing ticks: `settle` catches up with the clock. */
export interface Schedule {
  readonly runs: RunIndex
  /** Lets everything due happen in its order (ends, starts from queues, expiry in a queue); returns the instant. */
  settle(): number
  /** Which limit keeps a run of this job from starting now. */
  obstacle(job: Job): QueueCode | undefined
  start(run: Run): void
  enqueue(run: Run, code: QueueCode): void
  /** Records a run that ended without having started. */
  skip(run: Run): void
  cancel(run: Run, at: number): void
  reopen(run: Run, round: Round): void
  forget(run: Run): void
  /** Starts what waits for this job and may start, after its limits changed. */
  admit(job: Job, at: number): void
}

export function createSchedule({ now, options }: { now: () => number; options: Options }): Schedule {
  const runs = createRunIndex()
  const queued = new Set<Run>()
  const agenda = createAgenda<Run>()

  const track = (run: Run) => {
    for (const index of [runs, run.job.runs]) {
      index.all.push(run)
      index.active.add(run)
    }
  }

  const dequeue = (run: Run) => {
    run.queued = undefined
    run.job.queue.delete(run)
    queued.delete(run)
  }

  const end = (run: Run, at: number) => {
    for (const index of [runs, run.job.runs]) {
      index.active.delete(run)
      index.ended.push(run)
    }
    schedule.admit(run.job, at)
  }

  const leaveQueue = (run: Run, at: number, ending: Ending) => {
    dequeue(run)
    run.admittedAt = at
    run.rounds = [endAtOnce(at, ending)]
    end(run, at)
  }

  const schedule: Schedule = {
    runs,
    settle: () => {
      const instant = now()
      for (let due = agenda.take(instant); due; due = agenda.take(instant)) {
        const { at, item: run } = due
        if (!runs.active.has(run)) continue
        if (run.queued) leaveQueue(run, at, EXPIRED)
        else if (lastRound(run).end === at) end(run, at)
      }
      return instant
    },
    obstacle: (job) => {
      const active = job.runs.active.size - job.queue.size
      if (active >= (job.definition.max_concurrent_runs ?? 1)) return 'MAX_CONCURRENT_RUNS_REACHED'
      const limit = options.workspace_run_limit
      return limit !== null && runs.active.size - queued.size >= limit ? 'ACTIVE_RUNS_LIMIT_REACHED' : undefined
    },
    start: (run) => {
      track(run)
      agenda.add(lastRound(run).end, run)
    },
    enqueue: (run, code) => {
      track(run)
      run.queued = code
      run.job.queue.add(run)
      queued.add(run)
      agenda.add(run.createdAt + options.queue_hours * 3_600_000, run)
    },
    skip: (run) => {
      track(run)
      end(run, run.createdAt)
    },
    cancel: (run, at) => {
      const ending = { ...toEnding('canceled'), type: options.cancel_type }
      const round = lastRound(run)
      if (run.queued) leaveQueue(run, at, ending)
      else if (at < round.done) {
        const [first = round, ...later] = run.rounds.with(-1, cut(round, at, options.cancel_ms, ending))
        run.rounds = [first, ...later]
        agenda.add(at + options.cancel_ms, run)
      }
    },
    reopen: (run, round) => {
      run.rounds = [...run.rounds, round]
      for (const index of [runs, run.job.runs]) reopen(index, run)
      agenda.add(round.end, run)
    },
    forget: (run) => {
      for (const index of [runs, run.job.runs]) forget(index, run)
    },
    admit: (job, at) => {
      // With a limit for the whole workspace, any run that waits may take the place.
      for (const run of options.workspace_run_limit === null ? job.queue : queued) {
        if (schedule.obstacle(run.job)) continue
        dequeue(run)
        run.admittedAt = at
        run.rounds = [shift(run.rounds[0], at - run.createdAt)]
        agenda.add(lastRound(run).end, run)
      }
    },
  }
  return schedule
}

const EXPIRED: Ending = { ...toEnding('SKIPPED'), code: 'CANCELED', message: 'The run was queued for too long.' }
