import type { JobDefinition } from '../../../src/simulator/definitions.ts'
import { createRandom } from '../../../src/simulator/random.ts'

/** A job of a night: what each of its runs will be like, and what its runs were like before. */
export interface PlannedJob {
  /** In the catalogue of the gateway. */
  name: string
  jobId: string
  /** Of its runs in turn: execution, ms. */
  lengthsMs: number[]
  /** In the words of the simulated workspace. */
  outcomes: Outcome[]
  /** Whole durations of its last good runs, ms. */
  historyMs: number[]
}

export interface NightSize {
  jobs: number
  runsPerJob: number
  /** The same number makes the same night. */
  seed: number
}

type Outcome = (typeof OUTCOMES)[number][0]

const MINUTE_MS = 60_000
const SHORTEST_MS = 2 * MINUTE_MS
const LONGEST_MS = 60 * MINUTE_MS
/** Medians of jobs: nine in ten between the shortest and the longest. */
const JOBS_MU = (Math.log(SHORTEST_MS) + Math.log(LONGEST_MS)) / 2
const JOBS_SIGMA = Math.log(LONGEST_MS / SHORTEST_MS) / 2 / 1.645
/** Of the runs of one job around its median. */
const RUNS_SIGMA = 0.25
const HISTORY = 20

const PENDING_MS = 10_000
const CLEANUP_MS = 1_000

/** Each is drawn from where the one before ends, of 1. */
const OUTCOMES = [
  ['success', 0.88],
  ['failed', 0.94],
  ['internal_error', 0.96],
  ['timed_out', 0.98],
  ['canceled', 1],
] as const

/** Jobs whose lengths are log-normal, and so are the runs of each around its own. */
export function planNight(workspace: string, { jobs, runsPerJob, seed }: NightSize): PlannedJob[] {
  const random = createRandom(seed)
  const clip = (ms: number) => Math.round(Math.min(LONGEST_MS, Math.max(SHORTEST_MS, ms)))
  return Array.from({ length: jobs }, (_, index) => {
    const median = clip(Math.exp(JOBS_MU + JOBS_SIGMA * drawNormal(random)))
    const drawLength = () => clip(median * Math.exp(RUNS_SIGMA * drawNormal(random)))
    return {
      name: `${workspace}-${index + 1}`,
      jobId: `${1001 + index}`,
      lengthsMs: Array.from({ length: runsPerJob }, drawLength),
      outcomes: Array.from({ length: runsPerJob }, () => drawOutcome(random)),
      historyMs: Array.from({ length: HISTORY }, () => PENDING_MS + drawLength() + CLEANUP_MS),
    }
  })
}

/** The job as the simulated workspace is to have it. */
export function defineJob({ name, jobId, lengthsMs, outcomes }: PlannedJob): JobDefinition {
  return {
    job_id: jobId,
    name,
    tasks: [{ task_key: 'load', duration_ms: lengthsMs, outcome: outcomes }],
    max_concurrent_runs: 1_000,
    pending_ms: PENDING_MS,
    cleanup_ms: CLEANUP_MS,
  }
}

/** Box and Muller's. */
function drawNormal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

function drawOutcome(random: () => number): Outcome {
  const drawn = random()
  return OUTCOMES.find(([, end]) => drawn < end)?.[0] ?? 'success'
}
