import t from 'tap'
import { systemClock } from '../src/clock.ts'

t.test('a sleep ends at once when its signal aborts', async (t) => {
  const controller = new AbortController()
  const slept = systemClock.sleep(3_600_000, controller.signal)
  controller.abort()
  await t.resolves(slept)
})
