import type { FastifyRequest } from 'fastify'
import type { Clock } from '../clock.ts'
import type { HttpFacts } from '../metrics/http.ts'
import type { Run } from '../runs/run.ts'
import { isDone } from '../runs/run.ts'
import type { RunStore } from '../runs/store.ts'
import { LedgerError } from '../runs/store.ts'
import type { Waits } from '../runs/wait.ts'
import type { Seats } from './limits/seats.ts'

export interface WaitingDeps {
  waits: Waits
  store: Pick<RunStore, 'get'>
  seats: Seats
  clock: Clock
  facts: Pick<HttpFacts, 'waited'>
}

/**
 * The run as it is when it is done, or when the time that the request waits is over; counted from its arrival. At once
 * when as many calls of its client wait as may.
 */
export type WaitForEnd = (request: FastifyRequest, run: Run, waitMs: number) => Promise<Run>

export function createWaitForEnd({ waits, store, seats, clock, facts }: WaitingDeps): WaitForEnd {
  return async (request, run, waitMs) => {
    const { call } = request
    const until = call.arrivedAt + waitMs
    const begun = clock.now()
    if (isDone(run.attempt.state) || until <= begun) return run
    const leave = seats.take(request)
    if (!leave) return run
    const read = async () => (await store.get(run.id)) ?? run
    try {
      return await waits.until(read, run.id, ({ attempt }) => isDone(attempt.state), { until, signal: call.signal })
    } catch (error) {
      // The run exists and goes on: what is known of it is the better answer.
      if (error instanceof LedgerError) return run
      throw error
    } finally {
      leave()
      call.waitedMs = clock.now() - begun
      facts.waited(call.waitedMs / 1000)
    }
  }
}
