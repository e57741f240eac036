import t from 'tap'
import { readSpan, SPAN_PATTERN } from '../../src/config/span.ts'

const table: [text: string, seconds: number][] = [
  ['45s', 45],
  ['90m', 5_400],
  ['26h', 93_600],
  ['7d', 604_800],
  ['400d', 34_560_000],
]
for (const [text, seconds] of table) {
  t.test(text, async (t) => {
    t.match(text, new RegExp(SPAN_PATTERN))
    t.equal(readSpan(text), seconds)
  })
}

t.test('nothing else is a span', async (t) => {
  for (const text of ['', '26', '0h', '-1h', '1.5h', '1h30m', '26 h', '26H', '1w', '1234567d', 'h'])
    t.notMatch(text, new RegExp(SPAN_PATTERN), text)
})
