import t from 'tap'
import type { Grant } from '../../../src/databricks/auth/credential.ts'
import { createTokenCache, rateFreshness } from '../../../src/databricks/auth/token-cache.ts'
import { DatabricksError } from '../../../src/databricks/errors.ts'
import { createManualClock } from '../support/manual-clock.ts'

const MINUTE = 60_000

/** An issuer that answers when the test lets it, and counts. */
function setup({ lifeMs = 60 * MINUTE } = {}) {
  const clock = createManualClock()
  const waiting: PromiseWithResolvers<Grant>[] = []
  const results: string[] = []
  const cache = createTokenCache({
    clock,
    fetch: () => {
      const issued = Promise.withResolvers<Grant>()
      waiting.push(issued)
      return issued.promise
    },
    observer: { tokenRefresh: (result) => results.push(result) },
  })
  return {
    clock,
    cache,
    results,
    /** How many requests for a token there were. */
    asked: () => waiting.length,
    issue(name: string) {
      waiting.at(-1)?.resolve({ headers: { authorization: name }, secrets: [], lifeMs })
    },
    refuse(kind: 'credential' | 'unavailable' = 'unavailable') {
      waiting.at(-1)?.reject(new DatabricksError('no token', { kind, reason: 'status', sent: false }))
    },
  }
}

t.test('however many callers, one request for a token', async (t) => {
  const { cache, clock, issue, asked, results } = setup()
  const callers = Array.from({ length: 50 }, () => cache.token())
  issue('a')
  const [token, ...others] = new Set(await Promise.all(callers))
  t.match(token, { headers: { authorization: 'a' }, issuedAt: clock.now() })
  t.strictSame(others, [])
  t.equal(await cache.token(), token)
  t.equal(asked(), 1)
  t.strictSame(results, ['ok'])
  t.equal(cache.expiresAt(), clock.now() + 60 * MINUTE)
})

t.test(
  'an hour-long token is renewed in the background from minute 40, and waited for in its last minute',
  async (t) => {
    const { cache, clock, issue, asked } = setup()
    const first = cache.token()
    issue('a')
    const old = await first
    clock.advance(40 * MINUTE)
    t.equal(await cache.token(), old)
    t.equal(asked(), 1, 'fresh')
    clock.advance(1)
    t.equal(await cache.token(), old, 'nobody waits')
    t.equal(await cache.token(), old)
    t.equal(asked(), 2, 'one renewal is under way')
    clock.advance(19 * MINUTE)
    const last = cache.token()
    issue('b')
    t.match(await last, { headers: { authorization: 'b' } }, 'the last minute waits for the renewal under way')
    t.equal(asked(), 2)
  },
)

t.test('a failed renewal ahead pauses, doubling up to a minute, while the old token serves', async (t) => {
  const { cache, clock, issue, refuse, asked, results } = setup()
  const first = cache.token()
  issue('a')
  const old = await first
  clock.advance(41 * MINUTE)
  for (const [n, pause] of [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000].entries()) {
    t.equal(await cache.token(), old)
    t.equal(asked(), n + 2)
    refuse()
    await new Promise(setImmediate)
    clock.advance(pause - 1)
    t.equal(await cache.token(), old)
    t.equal(asked(), n + 2, `not before ${pause} ms`)
    clock.advance(1)
  }
  t.strictSame(new Set(results.slice(1)), new Set(['failed']))
})

t.test('without a token, a failure is told again for a few seconds before anyone asks again', async (t) => {
  const { cache, clock, issue, refuse, asked, results } = setup()
  const first = cache.token()
  refuse('credential')
  await t.rejects(first, { kind: 'credential', message: 'no token' })
  await t.rejects(cache.token(), { kind: 'credential', message: 'no token', retryAfterMs: 1000 })
  t.equal(asked(), 1)
  clock.advance(1000)
  const second = cache.token()
  t.equal(asked(), 2)
  issue('b')
  t.match(await second, { headers: { authorization: 'b' } })
  t.strictSame(results, ['refused', 'ok'])
})

t.test('a refused token is dropped once, by whoever still holds the current one', async (t) => {
  const { cache, issue, asked } = setup()
  const first = cache.token()
  issue('a')
  const old = await first
  cache.drop(old)
  t.equal(cache.expiresAt(), null)
  const second = cache.token()
  issue('b')
  const renewed = await second
  cache.drop(old)
  t.equal(await cache.token(), renewed, 'a late caller with the old one changes nothing')
  t.equal(asked(), 2)
})

t.test('short lives scale', async (t) => {
  const cases: [number, number, string][] = [
    [3600, 1201, 'fresh'],
    [3600, 1199, 'ageing'],
    [3600, 61, 'ageing'],
    [3600, 59, 'ending'],
    [600, 301, 'fresh'],
    [600, 299, 'ageing'],
    [20, 11, 'fresh'],
    [20, 9, 'ageing'],
    [20, 7, 'ending'],
    [20, -1, 'ending'],
  ]
  for (const [life, left, freshness] of cases) {
    t.equal(rateFreshness(life * 1000, left * 1000), freshness, `${left} of ${life} s left`)
  }
})

t.test('a correction of the clock neither prolongs nor shortens a life', async (t) => {
  for (const jump of [-5 * MINUTE, 5 * MINUTE]) {
    const time = { now: 1_760_000_000_000, elapsed: 0 }
    let issued = 0
    const cache = createTokenCache({
      clock: { now: () => time.now, elapsed: () => time.elapsed, sleep: async () => {} },
      fetch: async () => ({ headers: { authorization: `${++issued}` }, secrets: [], lifeMs: 4 * MINUTE }),
    })
    const pass = (ms: number) => {
      time.now += ms
      time.elapsed += ms
    }
    await cache.token()
    time.now += jump
    pass(MINUTE)
    await cache.token()
    t.equal(issued, 1, 'fresh still')
    t.equal(cache.expiresAt(), time.now + 3 * MINUTE, 'by the clock as it is now')
    pass(2 * MINUTE + 1)
    t.match(await cache.token(), { headers: { authorization: '2' } }, 'in its last minute')
  }
})
