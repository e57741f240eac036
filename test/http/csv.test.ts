import { deepEqual, equal } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { writeRecord } from '../../src/http/csv.ts'
import { csv, ndjson, presentEvent } from '../../src/http/present-event.ts'
import { AUDIT_ACTIONS, AUDIT_RESULTS, type RecordedEvent } from '../../src/runs/audit.ts'

/** Reads CSV as RFC 4180 has it. */
function readCsv(text: string): string[][] {
  const records: string[][] = []
  let record: string[] = []
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy
  while (field.lastIndex < text.length) {
    const found = field.exec(text)
    if (!found) throw new Error(`no CSV: ${JSON.stringify(text)}`)
    const [, quoted, bare = '', end] = found
    record.push(quoted?.replaceAll('""', '"') ?? bare)
    if (end === ',') continue
    records.push(record)
    record = []
  }
  return records
}

/** The text of a cell that a spreadsheet shows. */
const shown = (cell: string) => cell.replace(/^'/, '')

const awkward = fc.constantFrom(...'=+-@\t\r\n\'",;＝＋－＠ a'.split(''))
const text = fc.oneof(
  fc.string({ unit: fc.oneof(awkward, fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })) }),
  awkward,
)

t.test('a record is read back as it was written', async (t) => {
  await fc.assert(
    fc.property(fc.array(fc.array(text, { minLength: 1, maxLength: 5 }), { maxLength: 4 }), (records) => {
      const read = readCsv(records.map(writeRecord).join(''))
      deepEqual(
        read.map((cells) => cells.map(shown)),
        records,
      )
    }),
  )
  t.equal(
    writeRecord(['a', null, 7, 'say "hi", she said', 'two\nlines']),
    'a,,7,"say ""hi"", she said","two\nlines"\r\n',
  )
})

t.test('no cell is a formula', async (t) => {
  await fc.assert(
    fc.property(text, (value) => {
      const [[cell = ''] = []] = readCsv(writeRecord([value]))
      equal(/^[=+\-@\t\r\n＝＋－＠]/.test(cell), false)
    }),
  )
  const cases = [
    ['=HYPERLINK("http://x","y")', `"'=HYPERLINK(""http://x"",""y"")"\r\n`],
    ['-1', "'-1\r\n"],
    ['a=1', 'a=1\r\n'],
    ["'quoted", "''quoted\r\n"],
  ]
  for (const [value = '', line] of cases) t.equal(writeRecord([value]), line)
})

const nullable = fc.option(text)
const events: fc.Arbitrary<RecordedEvent> = fc.record({
  id: fc.constant('01KAPXVZ0HM3E9C6N8J4Q7S2VA'),
  at: fc.integer({ min: 0, max: 4_000_000_000_000 }),
  action: fc.constantFrom(...AUDIT_ACTIONS),
  result: fc.constantFrom(...AUDIT_RESULTS),
  ...{ client: nullable, key_id: nullable, remote_address: nullable, workspace: nullable, job: nullable },
  ...{ run_id: nullable, ref: nullable, attempt: fc.option(fc.nat()) },
  detail: fc.option(fc.dictionary(text, fc.oneof(text, fc.nat(), fc.boolean(), fc.array(text)))),
})

t.test('an event says the same in every format', async (t) => {
  await fc.assert(
    fc.property(fc.array(events, { maxLength: 3 }), (list) => {
      const presented = JSON.parse(JSON.stringify(list.map(presentEvent)))
      const lines = list.map(ndjson.write).join('').split('\n').slice(0, -1)
      deepEqual(
        lines.map((line) => JSON.parse(line)),
        presented,
      )
      const [header = [], ...records] = readCsv(csv.head + list.map(csv.write).join(''))
      const inWords = presented.map((event: Record<string, unknown>) =>
        header.map((name) => {
          const value = event[name] ?? ''
          return name === 'detail' && value !== '' ? JSON.stringify(value) : String(value)
        }),
      )
      deepEqual(
        records.map((cells) => cells.map(shown)),
        inWords,
      )
      for (const event of presented) deepEqual(Object.keys(event).sort(), [...header].sort())
    }),
  )
  t.pass('as JSON, NDJSON and CSV')
})
