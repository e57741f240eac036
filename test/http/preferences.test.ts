import t from 'tap'
import { chooseType, prefersText, readPreferredWait } from '../../src/http/preferences.ts'

t.test('seconds of Prefer: wait', async (t) => {
  const cases: [string | undefined, number | undefined][] = [
    [undefined, undefined],
    ['', undefined],
    ['wait=45', 45],
    ['Wait = "45"', 45],
    ['respond-async, wait=10', 10],
    ['wait=10; foo=bar, handling=lenient', 10],
    ['wait=1, wait=2', 1],
    ['wait=soon', undefined],
    ['wait=-1', undefined],
    ['await=5', undefined],
  ]
  for (const [prefer, seconds] of cases) t.equal(readPreferredWait(prefer), seconds, prefer ?? 'none')
})

t.test('text only when Accept likes it better than JSON', async (t) => {
  const cases: [string | undefined, boolean][] = [
    [undefined, false],
    ['*/*', false],
    ['application/json', false],
    ['text/plain', true],
    ['TEXT/Plain; charset=utf-8', true],
    ['text/plain, */*; q=0.01', true],
    ['application/json, text/plain, */*', false],
    ['application/json;q=0.5, text/plain', true],
    ['text/plain;q=0.5, application/json', false],
    ['text/plain;q=0', false],
    ['text/html,application/xhtml+xml,*/*;q=0.8', false],
  ]
  for (const [accept, text] of cases) t.equal(prefersText(accept), text, accept ?? 'none')
})

t.test('of what is offered, what Accept names and likes best', async (t) => {
  const offered = ['application/json', 'application/x-ndjson', 'text/csv'] as const
  const cases: [string | undefined, (typeof offered)[number]][] = [
    [undefined, 'application/json'],
    ['*/*', 'application/json'],
    ['text/html', 'application/json'],
    ['text/csv', 'text/csv'],
    ['text/csv, application/json', 'application/json'],
    ['application/json;q=0.1, TEXT/csv;q=0.2;header=present, application/x-ndjson;q=0.15', 'text/csv'],
    ['application/x-ndjson;q=0', 'application/json'],
    ['application/x-ndjson;q=oops', 'application/json'],
  ]
  for (const [accept, type] of cases) t.equal(chooseType(accept, offered), type, accept ?? 'none')
})
