import { json } from 'node:stream/consumers'
import { Pool } from 'undici'
import { createScaledClock, type TimeScale } from '../../support/scaled-clock.ts'
import { RUN_NOW_HEADERS } from '../workspace.ts'

export interface CrowdOrder {
  origin: string
  scale: TimeScale
  /** Calls per second and for how long, both in that time. */
  perSecond: number
  forMs: number
  jobId: string
}

export interface Crowd {
  statuses: Record<string, number>
}

// Somebody else's run-now traffic: it asks for more than there is, and a 429 does not stop it.

const CONNECTIONS = 64
/** Of the scaled time: so many calls at once, then a pause. */
const STEP_MS = 250

const { origin, scale, perSecond, forMs, jobId } = (await json(process.stdin)) as CrowdOrder
const clock = createScaledClock(scale)
const pool = new Pool(origin, { connections: CONNECTIONS, pipelining: 1 })
const statuses: Crowd['statuses'] = {}
const body = JSON.stringify({ job_id: Number(jobId) })
const calls: Promise<void>[] = []

async function call(): Promise<void> {
  const path = '/api/2.2/jobs/run-now'
  const answer = await pool.request({ path, method: 'POST', headers: RUN_NOW_HEADERS, body })
  await answer.body.dump()
  statuses[answer.statusCode] = (statuses[answer.statusCode] ?? 0) + 1
}

// A clock's sleep does not keep a process alive.
const alive = setInterval(() => {}, 60_000)
for (let at = clock.now(), until = at + forMs; at < until; at += STEP_MS) {
  await clock.sleep(Math.max(0, at - clock.now()))
  calls.push(...Array.from({ length: (perSecond * STEP_MS) / 1000 }, call))
}
await Promise.all(calls)
clearInterval(alive)
await pool.close()
const crowd: Crowd = { statuses }
process.stdout.write(JSON.stringify(crowd))
