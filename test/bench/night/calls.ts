import type { Call } from '../../../src/simulator/calls.ts'

/** What a workspace was asked at one endpoint. */
export interface EndpointCalls {
  all: number
  /** Answered with 429. */
  throttled: number
  /** In the busiest ten seconds, a second; throttled ones included. */
  busiestPerSecond: number
}

const WINDOW_MS = 10_000

/** By endpoint, such as `runs/get`. */
export function countCalls(calls: Call[]): Record<string, EndpointCalls> {
  const byEndpoint = Object.groupBy(calls, ({ path }) => path.replace(/^\/api\/2\.\d\/jobs\//, ''))
  return Object.fromEntries(
    Object.entries(byEndpoint).map(([endpoint, own = []]) => [
      endpoint,
      {
        all: own.length,
        throttled: own.filter(({ status }) => status === 429).length,
        busiestPerSecond: findBusiest(own.map(({ time }) => time)) / (WINDOW_MS / 1000),
      },
    ]),
  )
}

/** The most instants within any window; they come in order. */
function findBusiest(instants: number[]): number {
  let from = 0
  let most = 0
  for (const [index, instant] of instants.entries()) {
    while ((instants[from] ?? instant) <= instant - WINDOW_MS) from++
    most = Math.max(most, index - from + 1)
  }
  return most
}
