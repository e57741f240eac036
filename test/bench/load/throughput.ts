import { json } from 'node:stream/consumers'
import autocannon from 'autocannon'

export interface ThroughputOrder {
  url: string
  connections: number
  /** How long, or else how many requests. */
  seconds?: number
  amount?: number
  method: 'GET' | 'POST'
  headers: Record<string, string>
  /** `[<id>]` in paths, headers and body is another one in each request. */
  paths: readonly string[]
  body?: string
}

export interface Throughput {
  requests: number
  perSecond: number
  p99Ms: number
}

const { url, connections, seconds, amount, method, headers, paths, body } = (await json(
  process.stdin,
)) as ThroughputOrder
const idReplacement = JSON.stringify([headers, paths, body]).includes('[<id>]')

const result = await autocannon({
  url,
  connections,
  ...(seconds === undefined ? {} : { duration: seconds }),
  ...(amount === undefined ? {} : { amount }),
  idReplacement,
  requests: paths.map((path) => ({ method, path, headers, ...(body === undefined ? {} : { body }) })),
})
if (result.errors > 0 || result.non2xx > 0) {
  throw new Error(`${url}${paths[0]}: ${result.errors} errors, answers ${JSON.stringify(result.statusCodeStats)}`)
}
const throughput: Throughput = {
  requests: result['2xx'],
  perSecond: result['2xx'] / result.duration,
  p99Ms: result.latency.p99,
}
process.stdout.write(JSON.stringify(throughput))
