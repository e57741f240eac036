import { json } from 'node:stream/consumers'
import { Pool } from 'undici'
import { nextLook } from '../../../src/runs/watch/cadence.ts'
import { summarise } from '../../../src/runs/watch/usual.ts'
import { createScaledClock, type TimeScale } from '../../support/scaled-clock.ts'
import type { PlannedJob } from '../night/plan.ts'
import { RUN_NOW_HEADERS } from '../workspace.ts'

// What a scheduler does without the gateway: it starts every run of a night itself and polls each by runs/get until
// it is over, as often as the gateway would look at it. It waits as long as a 429 asks for.

export interface PollerOrder {
  origin: string
  scale: TimeScale
  jobs: PlannedJob[]
  minMs: number
  maxMs: number
}

export interface Polled {
  /** From the end of each run until it was seen, s of the night's own time. */
  lagS: number[]
}

interface PolledRun {
  start_time: number
  end_time: number
  run_duration: number
  state: { result_state?: string }
}

const CONNECTIONS = 64
const HISTORY = 20

const { origin, scale, jobs, minMs, maxMs } = (await json(process.stdin)) as PollerOrder
const clock = createScaledClock(scale)
const pool = new Pool(origin, { connections: CONNECTIONS, pipelining: 1 })
/** By endpoint, epoch ms: a 429 is about every caller. */
const closedUntil = new Map<string, number>()

async function call<T>(method: 'GET' | 'POST', endpoint: string, query: string, body: string | null): Promise<T> {
  const path = `/api/2.2/jobs/${endpoint}${query}`
  for (;;) {
    for (;;) {
      const wait = (closedUntil.get(endpoint) ?? 0) - clock.now()
      if (wait <= 0) break
      await clock.sleep(wait)
    }
    const answer = await pool.request({ method, path, headers: RUN_NOW_HEADERS, body })
    const text = await answer.body.text()
    if (answer.statusCode === 200) return JSON.parse(text)
    if (answer.statusCode !== 429) throw new Error(`${path}: ${answer.statusCode} ${text}`)
    closedUntil.set(endpoint, clock.now() + Number(answer.headers['retry-after']) * 1000)
  }
}

async function follow({ jobId, historyMs }: PlannedJob, nth: number): Promise<number> {
  const body = JSON.stringify({ job_id: Number(jobId), idempotency_token: `${jobId}-${nth}` })
  const { run_id } = await call<{ run_id: number }>('POST', 'run-now', '', body)
  let elapsedMs: number | undefined
  for (;;) {
    const usual = summarise(historyMs.slice(-HISTORY))
    await clock.sleep(nextLook({ elapsedMs, usual, waited: false, minMs, maxMs }))
    const run = await call<PolledRun>('GET', 'runs/get', `?run_id=${run_id}`, null)
    if (run.end_time > 0) {
      if (run.state.result_state === 'SUCCESS') historyMs.push(run.run_duration)
      return (clock.now() - run.end_time) / 1000
    }
    elapsedMs = clock.now() - run.start_time
  }
}

// A clock's sleep does not keep a process alive.
const alive = setInterval(() => {}, 60_000)
const lagS = await Promise.all(jobs.flatMap((job) => job.lengthsMs.map((_, nth) => follow(job, nth))))
clearInterval(alive)
await pool.close()
const polled: Polled = { lagS }
process.stdout.write(JSON.stringify(polled))
