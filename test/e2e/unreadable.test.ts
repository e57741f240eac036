import { connect } from 'node:net'
import { text as readText } from 'node:stream/consumers'
import t from 'tap'
import { KEYS, startGateway, startSimulator, writeConfig } from '../support/gateway.ts'

t.test('what is no HTTP request is answered with a problem, too', async (t) => {
  const simulator = await startSimulator(t)
  const gateway = await startGateway(t, writeConfig(t, simulator, { jobs: { quick: { job_id: '11' } } }))
  const { port, hostname } = new URL(gateway.url)
  const post = 'POST /trigger/quick HTTP/1.1\r\nHost: a\r\n'
  const cases: [name: string, bytes: string, status: number][] = [
    ['unknown method', 'NONSENSE / HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['unknown version', 'GET / HTTP/9.9\r\nHost: a\r\n\r\n', 400],
    ['header without colon', 'GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n', 400],
    ['header with NUL', 'GET / HTTP/1.1\r\nHost: a\r\nx: a\0b\r\n\r\n', 400],
    ['too much of a header', `GET / HTTP/1.1\r\nHost: a\r\nx: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['two lengths', `${post}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    ['negative length', `${post}Content-Length: -1\r\n\r\n`, 400],
    ['no chunk', `${post}x-api-key: ${KEYS['control-m']}\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n`, 400],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
    ['unreadable path', 'GET /%zz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 400],
  ]
  for (const [name, bytes, status] of cases) {
    const socket = connect(Number(port), hostname)
    t.teardown(() => socket.destroy())
    socket.write(bytes, 'latin1')
    const [head = '', body = ''] = (await readText(socket)).split('\r\n\r\n')
    t.match(head, new RegExp(`^HTTP/1.1 ${status} .*content-type: application/problem\\+json`, 'is'), name)
    t.match(
      JSON.parse(body),
      { type: /^http:.*\/problems\//, title: /./, status, detail: /./, code: /./, retryable: false, request_id: /./ },
      name,
    )
  }
  t.match(await gateway.call('GET', '/readyz'), { status: 200 })
})
