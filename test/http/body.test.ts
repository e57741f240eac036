import fc from 'fast-check'
import t from 'tap'
import { readBody } from '../../src/http/body.ts'
import { GatewayError } from '../../src/runs/errors.ts'

const FORM = 'application/x-www-form-urlencoded'

t.test('JSON, whatever its content type', async (t) => {
  const body = { parameters: { day: '2026-11-22' }, ref: 'A' }
  const text = JSON.stringify(body)
  for (const type of [undefined, '', 'application/json', 'text/plain', 'nonsense', FORM, `${FORM}; charset=utf-8`]) {
    t.strictSame(readBody(text, type), body, String(type))
  }
})

t.test('nothing is an empty body', async (t) => {
  for (const text of ['', '  ', '\r\n']) t.strictSame(readBody(text, undefined), {})
  t.strictSame(readBody('', FORM), {})
})

t.test('a form: options by name, every other field and p.NAME are parameters', async (t) => {
  t.strictSame(readBody('day=20261122&idempotency_key=K-1&wait=45&p.ref=mine&ref=A%2FB&region=SUR+1', FORM), {
    idempotency_key: 'K-1',
    wait: '45',
    ref: 'A/B',
    parameters: { day: '20261122', ref: 'mine', region: 'SUR 1' },
  })
  t.strictSame(readBody('parameters=x', FORM), { parameters: { parameters: 'x' } }, 'no JSON inside of a form')
  t.strictSame(readBody('day=1&day=1', FORM), { parameters: { day: '1' } }, 'twice the same')
})

t.test('a form field with two values is refused', async (t) => {
  t.throws(() => readBody('day=1&p.day=2', FORM), { code: 'invalid-request', detail: /^day is given twice/ })
  t.throws(() => readBody('ref=a&ref=b', FORM), { code: 'invalid-request', detail: /^ref is given twice/ })
})

t.test("Control-M's %4E between tokens ends a line; inside of a value it stays", async (t) => {
  t.strictSame(readBody('{%4E  "parameters": {%4E"day": "20261122"%4E}%4E}', undefined), {
    parameters: { day: '20261122' },
  })
  t.strictSame(readBody('{%4E"parameters":{"a":"x%4Ey","b":"\\"%4E"}}', undefined), {
    parameters: { a: 'x%4Ey', b: '"%4E' },
  })
})

t.test('integers beyond 2^53 keep their digits', async (t) => {
  t.strictSame(readBody('{"parameters":{"id":9007199254740993,"n":42,"f":1.5}}', undefined), {
    parameters: { id: '9007199254740993', n: 42, f: 1.5 },
  })
})

t.test('what is neither JSON nor a form is explained', async (t) => {
  t.throws(() => readBody('day=1', 'text/plain'), {
    code: 'invalid-request',
    detail: /^The body is no JSON \(.*\)\. Send \{"parameters":\{…\}\}, or a form as application/,
  })
  t.throws(() => readBody('{"a":', undefined), { code: 'invalid-request' })
})

t.test('any text is either an object or an error of the caller', async () => {
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    fc.webQueryParameters(),
    fc.string({ unit: fc.constantFrom('{', '[', '%4E', '"') }),
  )
  fc.assert(
    fc.property(text, fc.constantFrom(undefined, FORM, 'application/json'), (text, type) => {
      try {
        readBody(text, type)
        return true
      } catch (error) {
        return error instanceof GatewayError && error.code === 'invalid-request'
      }
    }),
  )
})
