import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import t from 'tap'
import { createBudget, halve, shareOfWatcher } from '../../src/databricks/budget.ts'
import { sizeOf } from '../../src/databricks/token-bucket.ts'
import { createManualClock } from './support/manual-clock.ts'

const MINUTE = 60_000

/** A budget whose every grant is noted with its time. */
function setup(rate: number, share?: () => number) {
  const clock = createManualClock(0)
  const budget = createBudget(rate, clock, share)
  const granted: { name: string; at: number }[] = []
  const refused: string[] = []
  return {
    clock,
    budget,
    granted,
    refused,
    names: () => granted.map(({ name }) => name),
    ask(name: string, options: { by?: 'caller' | 'watcher'; withinMs?: number; signals?: AbortSignal[] } = {}) {
      const { by = 'caller', withinMs = MINUTE, signals = [] } = options
      const asked = budget.take({ by, deadline: clock.now() + withinMs, signals })
      void asked.then((taken) => (taken ? granted.push({ name, at: clock.now() }) : refused.push(name)))
    },
    /** Time passes in steps, and everybody has their turn in each. */
    async pass(ms: number, step = ms) {
      for (let left = ms; left > 0; left -= step) {
        clock.advance(Math.min(step, left))
        await setImmediate()
      }
      await setImmediate()
    },
  }
}

t.test('half a second at once, then the rate, in order of arrival', async (t) => {
  const { ask, pass, granted } = setup(20)
  for (let n = 0; n < 15; n++) ask(`${n}`)
  await pass(0)
  await pass(300, 10)
  t.strictSame(
    granted.map(({ at }) => at),
    [...Array(10).fill(0), 50, 100, 150, 200, 250],
  )
  t.strictSame(
    granted.map(({ name }) => Number(name)),
    [...Array(15).keys()],
  )
})

t.test('callers go before the watcher, also before one who waits already', async (t) => {
  const { ask, pass, names, budget } = setup(2)
  ask('first')
  ask('watcher', { by: 'watcher' })
  ask('second')
  t.equal(budget.available(), 0, 'somebody waits')
  t.notOk(budget.takeNow(), 'nobody is overtaken')
  await pass(1000, 10)
  t.strictSame(names(), ['first', 'second', 'watcher'])
})

t.test('who gives up or runs out of time costs no token', async (t) => {
  const { ask, pass, names, refused, budget } = setup(1)
  const given = new AbortController()
  ask('now')
  ask('given up', { signals: [given.signal] })
  ask('too late', { withinMs: 500 })
  ask('patient')
  ask('never began', { signals: [AbortSignal.abort()] })
  await pass(400)
  given.abort()
  await pass(600, 100)
  t.strictSame(names(), ['now', 'patient'])
  t.strictSame(refused.toSorted(), ['given up', 'never began', 'too late'])
  t.equal(budget.remaining(), 0)
  await pass(1000)
  t.equal(budget.remaining(), 1)
  t.ok(budget.takeNow())
  t.notOk(budget.takeNow())
})

t.test('a 429 holds everybody until it says, and then the budget begins anew', async (t) => {
  const { ask, pass, granted, budget } = setup(10)
  budget.hold(2000)
  for (const name of ['a', 'b', 'c']) ask(name)
  t.same([budget.takeNow(), budget.available(), budget.remaining()], [false, 0, 0])
  await pass(3000, 10)
  t.strictSame(granted, [
    { name: 'a', at: 2000 },
    { name: 'b', at: 2100 },
    { name: 'c', at: 2200 },
  ])
})

t.test('a 429 slows the watcher down, and not the callers', async (t) => {
  const { ask, pass, names, budget } = setup(10)
  budget.hold(0)
  await pass(1000, 100)
  t.equal(budget.available(), 2, 'half of 5')
  for (let n = 0; n < 20; n++) ask('w', { by: 'watcher' })
  for (let n = 0; n < 5; n++) ask('c')
  t.equal(names().length, 0)
  await pass(1000, 10)
  t.equal(names().filter((name) => name === 'c').length, 5)
  const before = names().length
  await pass(2000, 10)
  t.equal(names().length - before, 10, 'half of the rate')
})

t.test('the share of the watcher', async (t) => {
  let throttling = { share: 1, at: 0 }
  const shares = [0, 1, 2, 3, 4, 5].map((n) => {
    throttling = halve(throttling, n)
    return throttling.share
  })
  t.strictSame(shares, [1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 16, 1 / 16])
  const after = [MINUTE - 1, MINUTE, 2 * MINUTE, 4 * MINUTE, 1e13]
  t.strictSame(
    after.map((ms) => shareOfWatcher({ share: 1 / 16, at: 0 }, ms)),
    [1 / 16, 1 / 8, 1 / 4, 1, 1],
  )

  const { budget, pass } = setup(100)
  for (let n = 0; n < 10; n++) budget.hold(1000)
  await pass(2000, 500)
  t.equal(budget.available(), 25, 'ten at a time are one')
})

t.test('a share that changes holds for those who wait already', async (t) => {
  let share = 0.01
  const { ask, pass, names, budget } = setup(20, () => share)
  for (let n = 0; n < 5; n++) ask(`${n}`, { by: 'watcher' })
  await pass(2000, 50)
  t.strictSame(names(), ['0'], 'of a small share the first token, and the next one after five seconds')
  share = 1
  await pass(1000, 50)
  t.strictSame(names(), ['0', '1', '2', '3', '4'])
  await pass(1000, 50)
  t.equal(budget.available(), 10)
  share = 0.2
  t.equal(budget.available(), 2, 'what was saved for a larger one is gone')
})

type Asker = { by: 'caller' | 'watcher'; at: number }
type Grant = { name: string; at: number }

/** More grants in some span of time than the rate and a full bucket allow. */
function findExcess(granted: Grant[], rate: number): string | undefined {
  const spans = granted.flatMap(({ at: from }, i) => granted.slice(i).map(({ at: to }, more) => ({ from, to, more })))
  const excess = spans.find(({ from, to, more }) => more + 1 > sizeOf(rate) + ((to - from) / 1000) * rate + 1e-6)
  return excess && `${excess.more + 1} from ${excess.from} to ${excess.to}`
}

function findOvertaking(granted: Grant[], askers: Asker[]): string | undefined {
  const all = granted.map(({ name, at }) => ({ n: Number(name), at, asker: askers[Number(name)] ?? fail(name) }))
  for (const [i, { n, at, asker }] of all.entries()) {
    const passed = all
      .slice(i + 1)
      .find((later) => (later.asker.by === asker.by ? later.n < n : later.asker.by === 'caller' && later.asker.at < at))
    if (passed) return `${asker.by} ${n} went before ${passed.asker.by} ${passed.n} at ${at}`
  }
  return undefined
}

function fail(name: string): never {
  throw new Error(`nobody is called ${name}`)
}

const step = fc.oneof(
  fc.record({
    ask: fc.constantFrom<'caller' | 'watcher'>('caller', 'watcher'),
    withinMs: fc.integer({ min: 0, max: 5000 }),
  }),
  fc.record({ pass: fc.integer({ min: 1, max: 700 }) }),
  fc.record({ hold: fc.integer({ min: 0, max: 1500 }) }),
)

t.test('property: the rate is kept, in order, and nobody waits for ever', async (t) => {
  const rates = fc.constantFrom(0.7, 1, 5, 20)
  await fc.assert(
    fc.asyncProperty(rates, fc.array(step, { maxLength: 60 }), async (rate, steps) => {
      const { clock, ask, pass, budget, granted, refused } = setup(rate)
      const askers: Asker[] = []
      for (const step of steps) {
        if ('pass' in step) await pass(step.pass, 25)
        else if ('hold' in step) budget.hold(step.hold)
        else {
          ask(`${askers.length}`, { by: step.ask, withinMs: step.withinMs })
          askers.push({ by: step.ask, at: clock.now() })
          await pass(0)
        }
      }
      await pass(5000, 25)
      t.equal(granted.length + refused.length, askers.length, 'nobody waits still')
      t.equal(findExcess(granted, rate), undefined)
      t.equal(findOvertaking(granted, askers), undefined)
    }),
  )
})
