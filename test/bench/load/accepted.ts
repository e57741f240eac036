import { json } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'

export interface AcceptedOrder {
  origin: string
  path: string
  headers: Record<string, string>
  body: string
  /** So many triggers, evenly over that time, each with its number as idempotency key. */
  count: number
  overMs: number
  /** Then each run is read so often, until that long after the last trigger. */
  everyMs: number
  pollForMs: number
}

export interface Accepted {
  /** Each from when it was to be sent. */
  triggerMs: number[]
  pollMs: number[]
  triggerStatuses: Record<string, number>
  pollStatuses: Record<string, number>
}

const CONNECTIONS = 256

const { origin, path, headers, body, count, overMs, everyMs, pollForMs } = (await json(process.stdin)) as AcceptedOrder
const pool = new Pool(origin, { connections: CONNECTIONS, pipelining: 1 })
const accepted: Accepted = { triggerMs: [], pollMs: [], triggerStatuses: {}, pollStatuses: {} }
const begun = performance.now()
const endAt = begun + overMs + pollForMs

function tally(statuses: Record<string, number>, status: number): void {
  statuses[status] = (statuses[status] ?? 0) + 1
}

async function waitUntil(instant: number): Promise<void> {
  const ms = instant - performance.now()
  if (ms > 0) await sleep(ms)
}

async function follow(_: unknown, number: number): Promise<void> {
  const dueAt = begun + (number * overMs) / count
  await waitUntil(dueAt)
  const key = { 'idempotency-key': `accepted-${number}` }
  const trigger = await pool.request({ path, method: 'POST', headers: { ...headers, ...key }, body })
  const { id } = (await trigger.body.json()) as { id?: string }
  accepted.triggerMs.push(performance.now() - dueAt)
  tally(accepted.triggerStatuses, trigger.statusCode)
  for (let next = performance.now() + everyMs; id !== undefined && next < endAt; next += everyMs) {
    await waitUntil(next)
    const poll = await pool.request({ path: `/runs/${id}`, method: 'GET', headers })
    await poll.body.dump()
    accepted.pollMs.push(performance.now() - next)
    tally(accepted.pollStatuses, poll.statusCode)
  }
}

await Promise.all(Array.from({ length: count }, follow))
await pool.close()
process.stdout.write(JSON.stringify(accepted))
