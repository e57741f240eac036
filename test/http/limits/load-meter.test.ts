import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { createLoadMeter } from '../../../src/http/limits/load-meter.ts'

/** Keeps the event loop from turning. */
function block(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until; );
}

/** A meter in a time of its own, of which a second passes between two looks. */
function createTimed() {
  let now = 1_000_000
  const meter = createLoadMeter()
  meter.load(now)
  return {
    ...meter,
    /** What it says after so long a second. */
    look(ms = 1_000) {
      now += ms
      return meter.load(now)
    },
  }
}

t.test('only what lasts is load', async (t) => {
  const { look, stop } = createTimed()
  t.teardown(stop)
  for (let second = 0; second < 4; second++) {
    await turn()
    block(80)
    await turn()
    t.match(look(), { delayMs: 0, heapShare: 0 }, 'not yet')
  }
  await turn()
  block(80)
  await turn()
  const { delayMs, heapShare } = look()
  t.ok(delayMs > 10, `late by ${delayMs} ms for five looks`)
  t.ok(heapShare > 0 && heapShare < 1, `${heapShare} of the heap`)
  t.same(look(500), { delayMs, heapShare }, 'looked at once a second')
})

t.test('one good second is its end', async (t) => {
  const { look, stop } = createTimed()
  t.teardown(stop)
  // No turn at all: as late as the time that has passed.
  for (let second = 0; second < 5; second++) look()
  t.ok(look().delayMs > 500)
  const calm = performance.now() + 200
  while (performance.now() < calm) await turn()
  t.ok(look().delayMs < 500)
})

t.test('a clock that was set back stops nothing', async (t) => {
  const { look, stop } = createTimed()
  t.teardown(stop)
  look(-3_600_000)
  for (let second = 0; second < 5; second++) look()
  t.ok(look().delayMs > 0)
})
