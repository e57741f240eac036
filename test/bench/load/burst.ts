import { json } from 'node:stream/consumers'
import { Pool } from 'undici'

export interface BurstOrder {
  origin: string
  path: string
  headers: Record<string, string>
  body: string
  /** So many at once, each on a connection of its own, each with its number as idempotency key. */
  count: number
}

export interface Burst {
  /** When the first left, epoch ms. */
  begunAt: number
  answeredMs: number[]
  statuses: Record<string, number>
}

const { origin, path, headers, body, count } = (await json(process.stdin)) as BurstOrder
const pool = new Pool(origin, { connections: count, pipelining: 1 })
const statuses: Burst['statuses'] = {}
const begunAt = Date.now()
const begun = performance.now()

async function post(_: unknown, number: number): Promise<number> {
  const key = { 'idempotency-key': `burst-${number}` }
  const response = await pool.request({ path, method: 'POST', headers: { ...headers, ...key }, body })
  await response.body.dump()
  statuses[response.statusCode] = (statuses[response.statusCode] ?? 0) + 1
  return performance.now() - begun
}

const answeredMs = await Promise.all(Array.from({ length: count }, post))
await pool.close()
const burst: Burst = { begunAt, answeredMs, statuses }
process.stdout.write(JSON.stringify(burst))
