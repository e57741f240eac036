import { json } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'

export interface HoldOrder {
  origin: string
  path: string
  headers: Record<string, string>
  /** So many callers that wait at once, each on a connection of its own. */
  count: number
}

export interface Held {
  /** From the first answer to the last. */
  spreadMs: number
  statuses: Record<string, number>
}

/** The system's queue of connections is short: they come in waves. */
const WAVE = 500
const PAUSE_MS = 150

const { origin, path, headers, count } = (await json(process.stdin)) as HoldOrder
const pool = new Pool(origin, { connections: count, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 })
const statuses: Held['statuses'] = {}

async function wait(): Promise<number> {
  const response = await pool.request({ path, method: 'GET', headers })
  await response.body.dump()
  statuses[response.statusCode] = (statuses[response.statusCode] ?? 0) + 1
  return performance.now()
}

const waiting: Promise<number>[] = []
while (waiting.length < count) {
  waiting.push(...Array.from({ length: Math.min(WAVE, count - waiting.length) }, wait))
  await sleep(PAUSE_MS)
}
const answeredAt = await Promise.all(waiting)
await pool.close()
const [first, last] = answeredAt.reduce(([low, high], at) => [Math.min(low, at), Math.max(high, at)], [Infinity, 0])
const held: Held = { spreadMs: last - first, statuses }
process.stdout.write(JSON.stringify(held))
