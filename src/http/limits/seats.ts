import type { FastifyRequest } from 'fastify'
import type { HttpFacts } from '../../metrics/http.ts'
import { callerOf } from '../call.ts'

/** Lets as many calls of a client wait at a time as its limits say. */
export interface Seats {
  /** One seat, until it is left; undefined when all are taken: the call does not wait, and its answer says so. */
  take(request: FastifyRequest): (() => void) | undefined
}

export function createSeats(facts: Pick<HttpFacts, 'curtailed'>): Seats {
  /** By id of client; no entry without any. */
  const taken = new Map<string, number>()

  return {
    take(request) {
      const { id, name, config } = callerOf(request)
      const others = taken.get(id) ?? 0
      if (others >= config.limits.waiters) {
        request.call.unseated = true
        facts.curtailed(name, 'waiters')
        return undefined
      }
      taken.set(id, others + 1)
      return () => {
        const left = (taken.get(id) ?? 1) - 1
        if (left > 0) taken.set(id, left)
        else taken.delete(id)
      }
    },
  }
}
