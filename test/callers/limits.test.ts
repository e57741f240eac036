import fc from 'fast-check'
import t from 'tap'
import { createMeters, NOTHING_SPENT, spend } from '../../src/callers/limits.ts'

const rate = fc.record({
  per_second: fc.double({ min: 0.01, max: 1_000, noNaN: true }),
  burst: fc.integer({ min: 1, max: 1_000 }),
})
/** Milliseconds between one call and the next; clocks are set back, too. */
const pauses = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: -10_000, max: 10_000 })), { maxLength: 200 })

t.test('never more than the burst and what came back since, whenever the calls come', async () => {
  fc.assert(
    fc.property(rate, pauses, (rate, pauses) => {
      let now = 1_000_000
      let passedMs = 0
      let granted = 0
      let spent = NOTHING_SPENT
      for (const pause of pauses) {
        now += pause
        passedMs += Math.max(0, pause)
        const next = spend(spent, rate, now)
        spent = next.spent
        granted += next.verdict.granted ? 1 : 0
        const { left, waitSeconds } = next.verdict
        if (left < 0 || left > rate.burst - 1 || spent.calls < 0) return false
        // Nothing is left exactly when there is something to wait for, and then it is not long.
        if ((left === 0) !== waitSeconds > 1e-6 / rate.per_second || waitSeconds > 2 / rate.per_second) return false
      }
      return granted <= rate.burst + (passedMs / 1000) * rate.per_second + 1e-3
    }),
  )
})

t.test('who waits as long as is said is granted a call, and after a long silence the whole burst', async () => {
  fc.assert(
    fc.property(rate, fc.integer({ min: 1, max: 1_200 }), (rate, calls) => {
      const at = 1_000_000
      let spent = NOTHING_SPENT
      let wait = 0
      for (let call = 0; call < calls; call++) {
        const next = spend(spent, rate, at)
        spent = next.spent
        wait = next.verdict.waitSeconds
      }
      const later = at + Math.ceil(wait * 1000)
      const muchLater = at + Math.ceil((rate.burst / rate.per_second) * 1000)
      return spend(spent, rate, later).verdict.granted && spend(spent, rate, muchLater).verdict.left === rate.burst - 1
    }),
  )
})

t.test('another rate begins with what was spent before', async (t) => {
  let spent = NOTHING_SPENT
  for (let call = 0; call < 10; call++) spent = spend(spent, { per_second: 1, burst: 10 }, 0).spent
  t.match(spend(spent, { per_second: 1, burst: 5 }, 0).verdict, { granted: false, left: 0, waitSeconds: 6 })
  t.match(spend(spent, { per_second: 1, burst: 20 }, 0).verdict, { granted: true, left: 9, waitSeconds: 0 })
})

t.test('each name has a meter of its own', async (t) => {
  const meters = createMeters(10)
  const once = { per_second: 1, burst: 1 }
  t.ok(meters.spend('a', once, 0).granted)
  t.notOk(meters.spend('a', once, 0).granted)
  t.ok(meters.spend('b', once, 0).granted)
  meters.giveBack('a')
  meters.giveBack('nobody')
  t.ok(meters.spend('a', once, 0).granted, 'what was given back')
})

t.test('of more names than there is room for, the one that called the longest ago is forgotten', async (t) => {
  const meters = createMeters(3)
  const once = { per_second: 1, burst: 1 }
  for (const name of ['a', 'b', 'c', 'a', 'd']) meters.spend(name, once, 0)
  t.notOk(meters.spend('a', once, 0).granted, 'called again')
  t.ok(meters.spend('b', once, 0).granted, 'forgotten')
})
