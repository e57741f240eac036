import type { JobDefinition, Outcome, TaskDefinition } from './definitions.ts'
import {
  blame,
  type Ending,
  EXCLUDED,
  judge,
  SUCCEEDED,
  TIMED_OUT,
  toEnding,
  UPSTREAM_CANCELED,
  UPSTREAM_FAILED,
  type Verdict,
} from './endings.ts'

/**
 * One try of one task, laid out in time beforehand (epoch ms): listed `since`, set up `from`, executed from `running`,
 * ended at `until`. What the API shows at any instant follows from these numbers alone, so no timer runs anywhere.
 */
export interface Attempt {
  readonly runId: string
  readonly taskKey: string
  readonly number: number
  readonly waits: 'BLOCKED' | 'WAITING_FOR_RETRY'
  readonly since: number
  readonly from: number
  readonly running: number
  /** Where a cancel or a time-out cut it short. */
  readonly stopping: number | undefined
  readonly until: number
  readonly ending: Ending
}

/** The original pass over the tasks or a repair of it. A run has one round after the other. */
export interface Round {
  /** Only a repair has an id. */
  readonly repairId: string | undefined
  readonly start: number
  readonly attempts: readonly Attempt[]
  /** The first execution of a task. */
  readonly running: number
  /** The last task is over: TERMINATING from here to `end`. */
  readonly done: number
  readonly end: number
  readonly ending: Ending
}

export interface RoundRequest {
  readonly at: number
  /** Which run of its job this is, from 0. */
  readonly nth: number
  /** The tasks to run; all when left out. */
  readonly keys: ReadonlySet<string> | undefined
  /** The latest attempt of each task in earlier rounds. */
  readonly before: ReadonlyMap<string, Attempt>
  readonly repairId: string | undefined
  readonly newId: () => string
}

const DURATION_MS = 1_000
const PENDING_MS = 200
const CLEANUP_MS = 100
/** `max_retries: -1` means for ever; a plan is finite. */
const ENDLESS_RETRIES = 100

/** Lays out a round of the job's tasks. */
export function planRound(job: JobDefinition, request: RoundRequest): Round {
  const latest = new Map(request.before)
  const attempts: Attempt[] = []
  const chosen = (task: TaskDefinition) => request.keys?.has(task.task_key) ?? true
  for (const task of inOrder(job.tasks).filter(chosen)) {
    const tries = planTask(job, task, request, latest)
    attempts.push(...tries)
    for (const attempt of tries) latest.set(task.task_key, attempt)
  }
  const position = new Map(job.tasks.map((task, index) => [task.task_key, index]))
  attempts.sort((a, b) => (position.get(a.taskKey) ?? 0) - (position.get(b.taskKey) ?? 0) || a.number - b.number)
  const executed = attempts.filter((attempt) => attempt.until > attempt.from)
  const done = Math.max(request.at, ...attempts.map((attempt) => attempt.until))
  const cleanup = job.cleanup_ms ?? CLEANUP_MS
  const round: Round = {
    repairId: request.repairId,
    start: request.at,
    attempts,
    running: Math.min(done, ...executed.map((attempt) => attempt.running)),
    done,
    end: done + cleanup,
    ending: rollUp(job, latest),
  }
  const limit = job.timeout_seconds ? request.at + job.timeout_seconds * 1_000 : Number.POSITIVE_INFINITY
  return done > limit ? cut(round, limit, cleanup, TIMED_OUT) : round
}

/** A round without a task: a run that was skipped, or that left the queue unstarted. */
export function endAtOnce(at: number, ending: Ending): Round {
  return { repairId: undefined, start: at, attempts: [], running: at, done: at, end: at, ending }
}

/** Ends at `at` + `tail` what is not over at `at`; retries that had not begun disappear. */
export function cut(round: Round, at: number, tail: number, ending: Ending): Round {
  const attempts = round.attempts
    .filter((attempt) => attempt.since <= at)
    .map((attempt) => {
      if (attempt.until <= at) return attempt
      const [from, running] = [Math.min(attempt.from, at), Math.min(attempt.running, at)]
      return { ...attempt, from, running, stopping: at, until: at + tail, ending }
    })
  return { ...round, attempts, running: Math.min(round.running, at), done: at, end: at + tail, ending }
}

/** The same round, later: a run that waited in the queue. */
export function shift(round: Round, by: number): Round {
  const attempts = round.attempts.map((attempt) => ({
    ...attempt,
    since: attempt.since + by,
    from: attempt.from + by,
    running: attempt.running + by,
    stopping: attempt.stopping === undefined ? undefined : attempt.stopping + by,
    until: attempt.until + by,
  }))
  const { start, running, done, end } = round
  return { ...round, attempts, start: start + by, running: running + by, done: done + by, end: end + by }
}

/** Dependencies before dependents. */
function inOrder(tasks: readonly TaskDefinition[]): TaskDefinition[] {
  const byKey = new Map(tasks.map((task) => [task.task_key, task]))
  const ordered = new Set<TaskDefinition>()
  const visit = (task: TaskDefinition) => {
    for (const { task_key } of task.depends_on ?? []) {
      const dependency = byKey.get(task_key)
      if (dependency && !ordered.has(dependency)) visit(dependency)
    }
    ordered.add(task)
  }
  for (const task of tasks) if (!ordered.has(task)) visit(task)
  return [...ordered]
}

function planTask(
  job: JobDefinition,
  task: TaskDefinition,
  request: RoundRequest,
  latest: ReadonlyMap<string, Attempt>,
): Attempt[] {
  const { at, before, newId } = request
  const first = (before.get(task.task_key)?.number ?? -1) + 1
  const dependencies = task.depends_on ?? []
  const unblocked = Math.max(at, ...dependencies.map(({ task_key }) => latest.get(task_key)?.until ?? at))
  const barred = bar(job, task, latest)
  if (!barred) return planAttempts(job, task, request, { first, unblocked })
  const instant = { since: at, from: unblocked, running: unblocked, stopping: undefined, until: unblocked }
  return [{ runId: newId(), taskKey: task.task_key, number: first, waits: 'BLOCKED', ...instant, ending: barred }]
}

/** The first attempt and its retries, as far as they are needed. */
function planAttempts(
  job: JobDefinition,
  task: TaskDefinition,
  { at, nth, keys, newId }: RoundRequest,
  { first, unblocked }: { first: number; unblocked: number },
): Attempt[] {
  const attempts: Attempt[] = []
  const last = first + (task.max_retries === -1 ? ENDLESS_RETRIES : (task.max_retries ?? 0))
  const limit = (task.timeout_seconds ?? 0) * 1_000 || Number.POSITIVE_INFINITY
  const follows = task.depends_on?.some(({ task_key }) => keys?.has(task_key) ?? true)
  const setup = task.pending_ms ?? (follows ? 0 : (job.pending_ms ?? PENDING_MS))
  const duration = ofRun(task.duration_ms, nth, DURATION_MS)
  let from = unblocked
  for (let number = first; number <= last; number++) {
    const ending = duration > limit ? TIMED_OUT : toEnding(outcomeOf(task, nth, number))
    const running = from + setup
    const until = running + Math.min(duration, limit)
    const since = attempts.at(-1)?.until ?? at
    const waits = number > first ? 'WAITING_FOR_RETRY' : 'BLOCKED'
    const times = { since, from, running, stopping: undefined, until }
    attempts.push({ runId: newId(), taskKey: task.task_key, number, waits, ...times, ending })
    if (judge(ending) !== 'failed' || (ending.result === 'TIMEDOUT' && !task.retry_on_timeout)) break
    from = until + (task.min_retry_interval_ms ?? 0)
  }
  return attempts
}

function outcomeOf(task: TaskDefinition, nth: number, attempt: number) {
  const { attempts, outcome } = task
  return attempts ? ofRun(attempts, attempt, 'success') : ofRun(outcome, nth, 'success')
}

/** A list has an item for each run, or attempt, in turn; its last one holds for all later ones. */
function ofRun<T extends Outcome | number>(value: T | T[] | undefined, nth: number, fallback: T): T {
  return Array.isArray(value) ? (value[nth] ?? value.at(-1) ?? fallback) : (value ?? fallback)
}

/** Why the task does not run at all, or undefined when it runs. */
function bar(job: JobDefinition, task: TaskDefinition, latest: ReadonlyMap<string, Attempt>): Ending | undefined {
  if (task.disabled) return toEnding('DISABLED')
  if (!task.depends_on?.length) return undefined
  const verdicts = task.depends_on.map(({ task_key, outcome }): Verdict => {
    const ending = latest.get(task_key)?.ending ?? SUCCEEDED
    const branch = job.tasks.find((other) => other.task_key === task_key)?.condition_outcome ?? 'true'
    if (outcome && judge(ending) === 'succeeded' && outcome !== branch) return 'excluded'
    return judge(ending) === 'disabled' ? 'succeeded' : judge(ending)
  })
  const condition = task.run_if ?? 'ALL_SUCCESS'
  if (CONDITIONS[condition](verdicts)) return undefined
  if (condition === 'AT_LEAST_ONE_FAILED' || condition === 'ALL_FAILED') return EXCLUDED
  if (verdicts.includes('failed')) return UPSTREAM_FAILED
  return verdicts.includes('canceled') ? UPSTREAM_CANCELED : EXCLUDED
}

const broken = (verdict: Verdict) => verdict === 'failed' || verdict === 'canceled'
const fine = (verdict: Verdict) => verdict === 'succeeded'

const CONDITIONS = {
  ALL_SUCCESS: (verdicts: Verdict[]) => verdicts.every(fine),
  AT_LEAST_ONE_SUCCESS: (verdicts: Verdict[]) => verdicts.some(fine),
  NONE_FAILED: (verdicts: Verdict[]) => !verdicts.some(broken) && verdicts.some(fine),
  ALL_DONE: () => true,
  AT_LEAST_ONE_FAILED: (verdicts: Verdict[]) => verdicts.some(broken),
  ALL_FAILED: (verdicts: Verdict[]) => verdicts.every(broken),
}

/** A run fails by its leaf tasks; a failure that a later task made good is SUCCESS_WITH_FAILURES. */
function rollUp(job: JobDefinition, latest: ReadonlyMap<string, Attempt>): Ending {
  const inner = new Set(
    job.tasks
      .filter((task) => latest.has(task.task_key))
      .flatMap((task) => (task.depends_on ?? []).map((d) => d.task_key)),
  )
  const all = [...latest.values()].sort((a, b) => a.until - b.until)
  const bad = all.filter((attempt) => broken(judge(attempt.ending)))
  if (bad.some((attempt) => !inner.has(attempt.taskKey))) {
    const cause = bad.find(({ ending }) => ending !== UPSTREAM_FAILED && ending !== UPSTREAM_CANCELED) ?? bad[0]
    return cause ? blame(cause.taskKey, cause.ending) : SUCCEEDED
  }
  if (!all.some(({ ending }) => fine(judge(ending)) || broken(judge(ending)))) return toEnding('SKIPPED')
  return bad.length > 0 ? toEnding('SUCCESS_WITH_FAILURES') : SUCCEEDED
}
