import fc from 'fast-check'
import t from 'tap'
import { alignLook, askAgain, nextLook } from '../../src/runs/watch/cadence.ts'
import { summarise } from '../../src/runs/watch/usual.ts'

const bounds = { minMs: 2_000, maxMs: 30_000 }
const MINUTE = 60_000
const usual = { median: 60 * MINUTE, p90: 70 * MINUTE }

const table: [what: string, Parameters<typeof nextLook>[0], number][] = [
  ['not started', { ...bounds, elapsedMs: undefined, usual, waited: false }, 2_000],
  ['just started', { ...bounds, elapsedMs: 10_000, usual, waited: false }, 2_000],
  ['two minutes, no history', { ...bounds, elapsedMs: 2 * MINUTE, usual: undefined, waited: false }, 12_000],
  ['an hour, no history', { ...bounds, elapsedMs: 60 * MINUTE, usual: undefined, waited: false }, 30_000],
  ['in the middle', { ...bounds, elapsedMs: 30 * MINUTE, usual, waited: false }, 30_000],
  ['just before the usual end begins', { ...bounds, elapsedMs: 2_468_571 - 5_000, usual, waited: false }, 5_000],
  ['near the usual end', { ...bounds, elapsedMs: 60 * MINUTE, usual, waited: false }, 7_500],
  ['just overdue', { ...bounds, elapsedMs: 85 * MINUTE, usual, waited: false }, 7_500],
  [
    'near the end of a short job',
    { ...bounds, elapsedMs: 40_000, usual: { median: 40_000, p90: 44_000 }, waited: false },
    2_000,
  ],
  ['long overdue', { ...bounds, elapsedMs: 300 * MINUTE, usual, waited: false }, 30_000],
  ['somebody waits', { ...bounds, elapsedMs: 30 * MINUTE, usual, waited: true }, 2_000],
]

for (const [what, watched, expected] of table) {
  t.test(`cadence: ${what}`, async (t) => t.equal(Math.round(nextLook(watched)), expected))
}

t.test('the next look, and the advice to callers, are always within the bounds', async () => {
  const span = fc.double({ min: 0, max: 1e9, noNaN: true })
  fc.assert(
    fc.property(
      fc.option(span, { nil: undefined }),
      fc.option(fc.tuple(span, span), { nil: undefined }),
      fc.boolean(),
      (elapsedMs, pair, waited) => {
        const history = pair && { median: Math.min(...pair), p90: Math.max(...pair) }
        const within = (ms: number) => ms >= bounds.minMs && ms <= bounds.maxMs
        return (
          within(nextLook({ ...bounds, elapsedMs, usual: history, waited })) &&
          within(askAgain({ ...bounds, elapsedMs, usual: history }))
        )
      },
    ),
  )
})

t.test('looks fall on shared instants: after now, and no later than the wait allows', async (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2e12 }),
      fc.double({ min: bounds.minMs, max: bounds.maxMs, noNaN: true }),
      (now, waitMs) => {
        const at = alignLook(now, waitMs, bounds)
        return at > now && at <= now + waitMs
      },
    ),
  )
  const at = (now: number, waitMs: number) => alignLook(now, waitMs, bounds)
  t.equal(at(1_000, 30_000), at(29_999, 30_000), 'runs looked at twice a minute are so at the same instant')
  t.equal(at(16_000, 7_500), 22_500)
  t.equal(at(22_500, 8_000), at(16_000, 30_000), 'and those looked at more often are due then too')
  t.equal(at(1_000, 2_000), 2_000)
})

t.test('median and p90 of the last good runs', async (t) => {
  t.equal(summarise([]), undefined)
  t.same(summarise([5]), { median: 5, p90: 5 })
  t.same(summarise([10, 1, 2, 3, 4, 5, 6, 7, 8, 9]), { median: 5, p90: 9 })
})
