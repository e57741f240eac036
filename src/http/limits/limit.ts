import type { FastifyReply, FastifyRequest } from 'fastify'
import { createMeters, type Rate, type Verdict } from '../../callers/limits.ts'
import type { Caller } from '../../callers/permissions.ts'
import type { Clock } from '../../clock.ts'
import type { HttpFacts } from '../../metrics/http.ts'
import { GatewayError } from '../../runs/errors.ts'
import { callerOf } from '../call.ts'
import { isTooMuch, type ReadLoad } from './overload.ts'
import { setRateLimit } from './rate-limit-headers.ts'
import type { Work } from './work.ts'

export interface LimitDeps {
  load: ReadLoad
  clock: Pick<Clock, 'now'>
  facts: Pick<HttpFacts, 'curtailed'>
}

/**
 * Counts a call of a known client; what it is refused with, if it is. A cancel never is, and an await is told instead
 * to be content with less (`call.curtailed`): its caller would take an error for the end (design §3.3).
 */
export type Limit = (request: FastifyRequest, reply: FastifyReply, work: Work) => GatewayError | undefined

/** More clients than any configuration has; who is over it is counted from nothing. */
const MOST_CLIENTS = 10_000

/**
 * A bucket of our own: @fastify/rate-limit counts by windows, which cannot say so many a second after so many at once,
 * and its headers are those of an older draft.
 */
export function createLimit({ load, clock, facts }: LimitDeps): Limit {
  const spent = { triggers: createMeters(MOST_CLIENTS), reads: createMeters(MOST_CLIENTS) }

  function count({ id, config }: Caller, reply: FastifyReply, kind: keyof typeof spent, at: number): Verdict {
    const rate = config.limits[kind]
    const verdict = spent[kind].spend(id, rate, at)
    // Readers are told when it matters: the draft allows that, and reads are many.
    if (kind === 'triggers' || verdict.left * 2 < rate.burst) setRateLimit(reply, kind, rate, verdict)
    return verdict
  }

  return (request, reply, work) => {
    if (work === 'operations') return undefined
    const { call } = request
    const at = clock.now()
    const isOverloaded = isTooMuch(work, load(at), call.config.server.overload)
    if (isOverloaded && work !== 'await') return overloaded()
    const caller = callerOf(request)
    const kind = work === 'trigger' ? 'triggers' : 'reads'
    const verdict = count(caller, reply, kind, at)
    if ((verdict.granted && !isOverloaded) || work === 'cancel') return undefined
    if (work !== 'await') return rateLimited(caller.name, kind, caller.config.limits[kind], verdict)
    call.curtailed = true
    facts.curtailed(caller.name, isOverloaded ? 'overloaded' : 'reads')
    return undefined
  }
}

export function overloaded(): GatewayError {
  return new GatewayError(
    'overloaded',
    'The gateway has more to do than it can, and has done nothing for this call. Send it again after Retry-After seconds.',
  )
}

function rateLimited(
  client: string,
  kind: 'triggers' | 'reads',
  { per_second, burst }: Rate,
  { waitSeconds }: Verdict,
): GatewayError {
  return new GatewayError(
    'rate-limited',
    `Client ${client} sends more ${kind} than it may: ${burst} at once and ${per_second} a second. Nothing was done for ` +
      `this one; send it again after Retry-After seconds. Should it need more, ask the operators of the gateway to raise ` +
      `clients.${client}.limits.${kind}.`,
    { retryAfterSeconds: waitSeconds },
  )
}
