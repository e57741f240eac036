import t from 'tap'
import { isTooMuch } from '../../../src/http/limits/overload.ts'
import type { Work } from '../../../src/http/limits/work.ts'

const overload = { triggers_seconds: 2, reads_seconds: 8 }
const ALL: Work[] = ['trigger', 'page', 'read', 'await', 'cancel', 'operations']

const table: [load: { delayMs: number; heapShare: number }, turnedAway: Work[]][] = [
  [{ delayMs: 0, heapShare: 0 }, []],
  [{ delayMs: 1_999, heapShare: 0.89 }, []],
  [{ delayMs: 2_000, heapShare: 0 }, ['trigger', 'page']],
  [{ delayMs: 7_999, heapShare: 0 }, ['trigger', 'page']],
  [{ delayMs: 8_000, heapShare: 0 }, ['trigger', 'page', 'read', 'await']],
  [{ delayMs: 600_000, heapShare: 1 }, ['trigger', 'page', 'read', 'await']],
  [{ delayMs: 0, heapShare: 0.9 }, ['trigger', 'page']],
  [{ delayMs: 0, heapShare: 0.95 }, ['trigger', 'page', 'read', 'await']],
]

t.test('what starts something is turned away first, then what asks; the rest never', async (t) => {
  for (const [load, turnedAway] of table) {
    t.same(
      ALL.filter((work) => isTooMuch(work, load, overload)),
      turnedAway,
      JSON.stringify(load),
    )
  }
})
