import { json } from 'node:stream/consumers'
import { Client } from 'undici'

export interface TimedCall {
  origin: string
  path: string
  method: 'GET' | 'POST'
  headers: Record<string, string>
  /** `[<id>]` in headers and body is another one in each request. */
  body: string
}

export interface AddedTimeOrder {
  direct: TimedCall
  through: TimedCall
  pairs: number
  /** Pairs that come first and do not count. */
  warmup: number
}

/** One number for each pair of calls, ms. */
export interface AddedTime {
  directMs: number[]
  throughMs: number[]
}

const { direct, through, pairs, warmup } = (await json(process.stdin)) as AddedTimeOrder
const clients = { direct: new Client(direct.origin), through: new Client(through.origin) }

async function time(client: Client, { path, method, headers, body }: TimedCall): Promise<number> {
  const id = crypto.randomUUID()
  const fill = (text: string) => text.replaceAll('[<id>]', id)
  const own = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, fill(value)]))
  const request = { path, method, headers: own, body: fill(body) }
  const begun = performance.now()
  const response = await client.request(request)
  const text = await response.body.text()
  const took = performance.now() - begun
  if (response.statusCode >= 300) throw new Error(`${path}: ${response.statusCode} ${text}`)
  return took
}

const times: AddedTime = { directMs: [], throughMs: [] }
for (let pair = -warmup; pair < pairs; pair++) {
  const directMs = await time(clients.direct, direct)
  const throughMs = await time(clients.through, through)
  if (pair < 0) continue
  times.directMs.push(directMs)
  times.throughMs.push(throughMs)
}
await Promise.all([clients.direct.close(), clients.through.close()])
process.stdout.write(JSON.stringify(times))
