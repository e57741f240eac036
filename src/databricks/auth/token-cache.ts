import type { Clock } from '../../clock.ts'
import { DatabricksError, restate } from '../errors.ts'
import type { Observer } from '../types.ts'
import type { Credential, Grant, Token } from './credential.ts'

const AHEAD_MS = 20 * 60_000
/** Databricks refuses Entra tokens in their last 30 seconds, and clocks differ. */
const LAST_MS = 60_000
const LAST_SHARE = 0.4
const FIRST_PAUSE_MS = 1_000
/** After a failed refresh ahead nobody is waiting; after any other, callers are. */
const LONGEST_PAUSE_AHEAD_MS = 60_000
const LONGEST_PAUSE_MS = 5_000

interface Held {
  token: Token
  /** By a clock that nobody sets. */
  since: number
  lifeMs: number
}

interface TokenCacheDeps {
  /** Gets a new token; rejects with a DatabricksError. */
  fetch(): Promise<Grant>
  clock: Clock
  observer?: Pick<Observer, 'tokenRefresh'> | undefined
}

/**
 * One token for all callers. It is renewed in the background once half its life or all but 20 minutes are over; only in
 * its last minute do callers wait. However many they are, one request for a token is under way at a time. Its life is the
 * span that the endpoint told, from before it was asked: no clock of the server, no correction of ours moves its end.
 */
export function createTokenCache({ fetch, clock, observer }: TokenCacheDeps): Credential {
  const elapsed = clock.elapsed ?? clock.now
  let current: Held | undefined
  let pending: Promise<Token> | undefined
  let failure: { error: DatabricksError; at: number; count: number } | undefined

  function pauseLeft(longestMs: number): number {
    if (!failure) {
      return 0
    }
    return failure.at + Math.min(longestMs, FIRST_PAUSE_MS * 2 ** (failure.count - 1)) - elapsed()
  }

  const leftOf = ({ since, lifeMs }: Held) => since + lifeMs - elapsed()

  async function renew(): Promise<Token> {
    const [issuedAt, since] = [clock.now(), elapsed()]
    try {
      const { headers, secrets, lifeMs } = await fetch()
      current = { token: { headers, secrets, issuedAt }, since, lifeMs }
      failure = undefined
      observer?.tokenRefresh('ok')
      return current.token
    } catch (thrown) {
      const error = thrown instanceof DatabricksError ? thrown : unexpected(thrown)
      failure = { error, at: elapsed(), count: (failure?.count ?? 0) + 1 }
      observer?.tokenRefresh(error.kind === 'credential' ? 'refused' : 'failed')
      throw error
    } finally {
      pending = undefined
    }
  }

  return {
    async token() {
      const freshness = current ? rateFreshness(current.lifeMs, leftOf(current)) : 'ending'
      if (current && freshness !== 'ending') {
        if (freshness === 'ageing' && !pending && pauseLeft(LONGEST_PAUSE_AHEAD_MS) <= 0) {
          pending = renew()
          pending.catch(() => {}) // noted in `failure`; the token at hand still serves
        }
        return current.token
      }
      const pause = pauseLeft(LONGEST_PAUSE_MS)
      if (!pending && failure && pause > 0) {
        // The last failure again, without asking: many callers must not hammer an endpoint that just said no.
        throw restate(failure.error, { retryAfterMs: pause })
      }
      pending ??= renew()
      return pending
    },
    drop(token) {
      if (token === current?.token) {
        current = undefined
      }
    },
    expiresAt: () => (current ? clock.now() + leftOf(current) : null),
  }
}

/** `ending` counts as no token at all; so does the last 40 % of a very short life. */
export function rateFreshness(life: number, left: number): 'fresh' | 'ageing' | 'ending' {
  if (left < Math.min(LAST_MS, life * LAST_SHARE)) {
    return 'ending'
  }
  return left < Math.min(life / 2, AHEAD_MS) ? 'ageing' : 'fresh'
}

function unexpected(cause: unknown): DatabricksError {
  return new DatabricksError('The access token could not be fetched', {
    kind: 'unavailable',
    reason: 'credential',
    sent: false,
    cause,
  })
}
