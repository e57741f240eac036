import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect } from 'node:net'
import t, { type Test } from 'tap'
import { createListener } from '../../src/http/listener.ts'
import { createMetricsServer } from '../../src/http/metrics-server.ts'
import { writeCertificate } from '../support/certificate.ts'
import { KEYS, startServer } from '../support/http-server.ts'
import { createTestMetrics } from '../support/test-metrics.ts'

const HEAD = 'POST /trigger/nightly-load HTTP/1.1\r\nHost: a\r\n'
const KNOWN = `${HEAD}X-API-Key: ${KEYS['control-m']}\r\n`

/** So that the test needs no patience: what is left is how often Node looks. */
const IMPATIENT = { headersTimeout: 200, requestTimeout: 400 }

t.jobs = 3

t.test('who sends slowly is answered and cut, at the latest five seconds after the limit', async (t) => {
  const { app, port, call } = await startServer(t)
  const { server } = app
  t.match(server, { headersTimeout: 15_000, requestTimeout: 30_000, keepAliveTimeout: 75_000 })
  Object.assign(server, IMPATIENT)

  const cases: [name: string, first: string, drop: string][] = [
    ['headers without end', HEAD, 'X-More: 1\r\n'],
    ['a line without end', 'GET /livez?', 'x'],
    ['a body that takes its time', `${KNOWN}Content-Length: 100000\r\n\r\n`, 'x'],
    ['nothing at all', '', ''],
    ['chunks that take their time', `${KNOWN}Transfer-Encoding: chunked\r\n\r\n`, '1\r\nx\r\n'],
  ]
  const answers = await Promise.all(cases.map(([, first, drop]) => trickle(t, port, first, drop)))
  for (const [i, [name]] of cases.entries()) {
    t.match(answers[i], /^HTTP\/1\.1 408 Request Timeout\r\n.*"code":"invalid-request".*\}$/s, name)
  }
  t.match(await call('/livez'), { status: 200 })

  const { metrics } = await createTestMetrics(t)
  const forMetrics = createMetricsServer(metrics)
  t.match(forMetrics.server, { headersTimeout: 15_000, requestTimeout: 30_000 }, 'the port for metrics, too')
})

t.test('who sends too much is told so, and cut', async (t) => {
  const { app, port, call } = await startServer(t)
  Object.assign(app.server, IMPATIENT)
  const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`
  const length = 'Content-Length: 999999999\r\n\r\n'
  const [announced = '', chunked = '', anonymous = ''] = await Promise.all(
    [KNOWN + length, `${KNOWN}Transfer-Encoding: chunked\r\n\r\n`, HEAD + length].map((first) =>
      trickle(t, port, first, chunk),
    ),
  )
  const tooLarge = /^HTTP\/1\.1 413 Payload Too Large\r\n.*"code":"too-large"/s
  t.match(announced, tooLarge, 'as announced')
  t.match(chunked, tooLarge, 'without saying so')
  t.match(anonymous, /^HTTP\/1\.1 401 /, 'by nobody who is known')
  t.match(await call('/livez'), { status: 200 })
})

t.test('who does not come to an end with TLS is cut', async (t) => {
  const { cert, key } = writeCertificate(t.testdir())
  const pair = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
  const server = createListener(pair).serverFactory((_request, response) => response.end(), {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  // The first bytes of a handshake, one by one, and none at all.
  const said = await Promise.all([trickle(t, port, '\x16\x03\x01\x02\x00\x01', '\x00'), trickle(t, port, '', '')])
  t.same(said, ['', ''])
})

/** Sends these bytes, then a drop at a time until the server hangs up; what it said. */
async function trickle(t: Test, port: number, first: string, drop: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  await once(socket, 'connect')
  let said = ''
  socket.on('data', (bytes) => {
    said += bytes
  })
  // Cut while it still sends: that is what is to happen.
  socket.on('error', () => {})
  socket.write(first)
  const dropping = setInterval(() => socket.writable && socket.write(drop), 50)
  await new Promise((resolve) => socket.once('close', resolve))
  clearInterval(dropping)
  return said
}
