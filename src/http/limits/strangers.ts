import type { FastifyRequest } from 'fastify'
import { addressBlock } from '../../callers/address.ts'
import type { AuthenticationFailure } from '../../callers/authenticate.ts'
import { createMeters, type Verdict } from '../../callers/limits.ts'
import type { Clock } from '../../clock.ts'
import { GatewayError } from '../../runs/errors.ts'
import { overloaded } from './limit.ts'
import { isTooMuch, type ReadLoad } from './overload.ts'

export interface StrangerDeps {
  load: ReadLoad
  clock: Clock
}

/** Calls without a valid key, limited by the address that they come from; proxies that are trusted say which. */
export interface Strangers {
  /**
   * What a call is answered with in the end, when its caller is not known and `error` says why: that, after a while when
   * many wrong keys came from there, or too many of them. It always says why: a scheduler with a mistyped key learns it
   * from nowhere else.
   */
  refuse(request: FastifyRequest, reason: AuthenticationFailure, error: GatewayError): Promise<GatewayError>
  /** A call with a valid key: one without any that came first was but the question of how to sign in (RFC 9110 §11.1). */
  welcome(request: FastifyRequest): void
  /** Counts a call of what is open to all; what it is refused with, if it is. */
  admit(request: FastifyRequest): GatewayError | undefined
}

/** Of IPv4 and of /64 together: a few megabytes. */
const MOST_ADDRESSES = 10_000
/** Answers that are held back at a time; more would be connections that anybody can have the gateway keep. */
const MOST_HELD = 500
const LONGEST_HOLD_MS = 3_000

/** How long an answer to a wrong key is held back: longer with each, once half of what an address has is spent. Pure. */
export function chooseHoldMs(left: number, burst: number): number {
  return Math.max(0, 1 - (2 * left) / burst) * LONGEST_HOLD_MS
}

export function createStrangers({ load, clock }: StrangerDeps): Strangers {
  const anonymous = createMeters(MOST_ADDRESSES)
  const wrongKeys = createMeters(MOST_ADDRESSES)
  let held = 0

  const limitsOf = ({ call }: FastifyRequest) => call.config.server.limits

  /** False: there are too many already. */
  async function hold({ call }: FastifyRequest, ms: number): Promise<boolean> {
    if (ms === 0) return true
    if (held >= MOST_HELD) return false
    held++
    const begun = clock.now()
    await clock.sleep(ms, call.signal)
    held--
    // It says nothing of how fast the gateway is.
    call.waitedMs += clock.now() - begun
    return true
  }

  return {
    async refuse(request, reason, error) {
      const address = addressBlock(request.ip)
      // No token is wrong because its issuer is away.
      if (reason === 'missing' || reason === 'issuer_unavailable') {
        const verdict = anonymous.spend(address, limitsOf(request).anonymous, clock.now())
        return verdict.granted ? error : tooMany(address, verdict, error)
      }
      const rate = limitsOf(request).wrong_keys
      const verdict = wrongKeys.spend(address, rate, clock.now())
      const told = verdict.granted && (await hold(request, chooseHoldMs(verdict.left, rate.burst)))
      return told ? error : tooMany(address, verdict, error)
    },

    welcome(request) {
      anonymous.giveBack(addressBlock(request.ip))
    },

    admit(request) {
      if (isTooMuch('page', load(clock.now()), request.call.config.server.overload)) return overloaded()
      const address = addressBlock(request.ip)
      const verdict = anonymous.spend(address, limitsOf(request).anonymous, clock.now())
      return verdict.granted ? undefined : tooMany(address, verdict)
    },
  }
}

function tooMany(
  address: string,
  { waitSeconds }: Verdict,
  { detail, internal }: Pick<GatewayError, 'detail' | 'internal'> = { detail: '', internal: undefined },
): GatewayError {
  const what = `Too many calls without a valid key come from ${address}.`
  const known = internal === undefined ? {} : { internal }
  return new GatewayError('rate-limited', `${detail} ${what}`.trimStart(), { ...known, retryAfterSeconds: waitSeconds })
}
