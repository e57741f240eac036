import t from 'tap'
import { startServer } from '../support/http-server.ts'
import { sendRaw } from '../support/raw-http.ts'

t.test('options have a length, wherever they stand', async (t) => {
  const { call } = await startServer(t)
  const trigger = (query: string, headers: Record<string, string> = {}) =>
    call(`/trigger/nightly-load?${query}`, { method: 'POST', headers })
  const long = 'x'.repeat(256)
  for (const [what, answer] of [
    ['key in the query', trigger(`key=${long}`)],
    ['key in a header', trigger('', { 'idempotency-key': long })],
    ['ref in the query', trigger(`ref=${long}`)],
    ['ref in a header', trigger('', { 'x-ref': long })],
    ['rerun_id', trigger(`key=K&rerun_id=${long}`)],
    ['name of a job', call(`/jobs/${'x'.repeat(257)}`)],
  ] as const) {
    t.match(await answer, { status: 400, body: { code: 'invalid-request' } }, what)
  }
  const ignored = await call('/runs', { headers: { prefer: `wait=${'9'.repeat(5_000)}`, accept: ', '.repeat(2_000) } })
  t.match(ignored, { status: 200 }, 'what a caller only prefers may be too much')
})

t.test('what comes before the body has 16 KB', async (t) => {
  const { port, call } = await startServer(t)
  const head = (line: string, headers = '') => `GET ${line} HTTP/1.1\r\nHost: x\r\n${headers}Connection: close\r\n\r\n`
  const tooLong = [
    head(`/livez?${'x'.repeat(17_000)}`),
    head('/livez', `X-Long: ${'x'.repeat(17_000)}\r\n`),
    head('/livez', 'X-Many: 1\r\n'.repeat(2_000)),
  ]
  for (const bytes of tooLong) t.match(await sendRaw(port, bytes), { status: 431 })
  t.match(await sendRaw(port, head('/livez', 'X-Many: 1\r\n'.repeat(500))), { status: 200 })
  const many = await call(`/runs?${'a=1&'.repeat(3_000)}`)
  t.match(many, { status: 400, body: { code: 'invalid-request' } })
  t.ok(many.text.length < 2_000, 'the answer is no longer for it')
})

t.test('a body without an end costs no more than its length', async (t) => {
  const { call } = await startServer(t)
  const bodies = [`"${'\\"'.repeat(60_000)}`, `"${'\\"'.repeat(60_000)}\\`, `{"a":"${'\\"'.repeat(50_000)}\\\n%4E`]
  for (const body of bodies) {
    const { status, text } = await call('/trigger/nightly-load', { method: 'POST', body })
    t.equal(status, 400)
    t.ok(text.length < 2_000)
  }
})
