import { ok } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { DatabricksError, type ErrorFacts, mayHaveBeenActedOn } from '../../src/databricks/errors.ts'
import { decideRetry, tryTimeoutMs } from '../../src/databricks/retry.ts'

const now = 1_760_000_000_000

function failure(facts: Partial<ErrorFacts>): DatabricksError {
  return new DatabricksError('no', { kind: 'unavailable', reason: 'connection', sent: true, transient: true, ...facts })
}

function decide(
  facts: Partial<ErrorFacts>,
  more: { tries?: number; repeatable?: boolean; leftMs?: number; random?: number },
) {
  const { tries = 1, repeatable = true, leftMs = 60_000, random = 0.5 } = more
  return decideRetry({ error: failure(facts), tries, repeatable, now, deadline: now + leftMs, random: () => random })
}

t.test('the delay is the larger of what was asked for and the jittered back-off', async (t) => {
  const throttled = { kind: 'throttled', reason: 'throttled' } as const
  const cases = [
    ['first lost connection', {}, {}, 250],
    ['third lost connection', {}, { tries: 3 }, 1000],
    ['the back-off ends at 10 s', {}, { tries: 30, random: 0.999 }, 9990],
    ['jitter may be nothing', {}, { tries: 5, random: 0 }, 0],
    ['throttled, not told how long', throttled, { random: 0 }, 1000],
    ['503, not told how long', { status: 503 }, { random: 0 }, 1000],
    ['Retry-After is larger', { ...throttled, retryAfterMs: 7000 }, {}, 7000],
    ['Retry-After is smaller', { ...throttled, retryAfterMs: 1 }, { tries: 6 }, 5000],
  ] as const
  for (const [name, facts, more, delayMs] of cases) {
    t.match(decide(facts, more), { retry: true, delayMs }, name)
  }
})

t.test('no further try', async (t) => {
  const cases = [
    ['what will not pass', { transient: false }, {}],
    ['the wait does not fit', { kind: 'throttled', retryAfterMs: 60_000 }, {}],
    ['the wait ends at the deadline', { retryAfterMs: 1000 }, { leftMs: 1000 }],
    ['a post that may have been acted on', {}, { repeatable: false }],
    ['a post answered 503', { status: 503, reason: 'status' }, { repeatable: false }],
  ] as const
  for (const [name, facts, more] of cases) {
    t.strictSame(decide(facts, more), { retry: false }, name)
  }
})

t.test('a post without a token is repeated when it was surely not acted on', async (t) => {
  t.match(decide({ sent: false }, { repeatable: false }), { retry: true }, 'never sent')
  t.match(decide({ kind: 'throttled' }, { repeatable: false }), { retry: true }, 'throttled')
})

const anyFailure = fc.record({
  kind: fc.constantFrom<ErrorFacts['kind']>('refused', 'missing', 'denied', 'credential', 'throttled', 'unavailable'),
  sent: fc.boolean(),
  transient: fc.boolean(),
  status: fc.constantFrom(undefined, 200, 400, 429, 500, 503),
  retryAfterMs: fc.option(fc.nat(100_000), { nil: undefined }),
})

t.test(
  'whatever happened, a try neither begins after the deadline nor repeats a post that cannot be repeated',
  async () => {
    fc.assert(
      fc.property(
        anyFailure,
        fc.boolean(),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: -1000, max: 100_000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (facts, repeatable, tries, leftMs, random) => {
          const decision = decide(facts, { tries, repeatable, leftMs, random })
          if (decision.retry) {
            ok(decision.delayMs >= 0 && decision.delayMs < leftMs, 'begins before the deadline')
            ok(decision.delayMs >= (facts.retryAfterMs ?? 0), 'not before it was asked to')
            ok(repeatable || !mayHaveBeenActedOn(failure(facts)), 'repeatable')
          }
        },
      ),
    )
  },
)

t.test('how long a try may take', async (t) => {
  t.equal(tryTimeoutMs(now, now + 300_000, false), 60_000, 'a minute at most')
  t.equal(tryTimeoutMs(now, now + 8000, false), 8000, 'the time left')
  t.equal(tryTimeoutMs(now, now + 8000, true), 4000, 'half of it')
  t.equal(tryTimeoutMs(now, now + 1500, true), 1000, 'but a second')
  t.equal(tryTimeoutMs(now, now + 400, true), 400, 'if there is one')
  t.equal(tryTimeoutMs(now, now - 1, true), 0, 'too late')
})
