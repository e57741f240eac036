import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import fastify from 'fastify'
import t from 'tap'
import { systemClock } from '../../src/clock.ts'
import { closeServer } from '../../src/http/close-server.ts'

const CALLERS = 30

interface Shared {
  port: number
  /** How many requests are on their way. */
  sent: SharedArrayBuffer
}

/** Callers in a thread of their own: that of the server is not to accept any before it closes. */
function call({ port, sent }: Shared): void {
  const count = new Int32Array(sent)
  for (let i = 0; i < CALLERS; i++) {
    const socket = connect(port, '127.0.0.1', () =>
      socket.write('GET / HTTP/1.1\r\nHost: gateway\r\n\r\n', () => {
        Atomics.add(count, 0, 1)
        Atomics.notify(count, 0)
      }),
    )
    socket.resume().on('error', () => {})
  }
}

if (isMainThread) {
  t.test('who has connected before the end is answered, however busy the process is', async (t) => {
    const server = fastify()
    let answered = 0
    server.get('/', () => {
      answered++
      return 'here'
    })
    await server.listen({ host: '127.0.0.1', port: 0 })
    const { port } = server.server.address() as AddressInfo
    const sent = new SharedArrayBuffer(4)
    const shared: Shared = { port, sent }
    const callers = new Worker(new URL(import.meta.url), { workerData: shared })
    t.teardown(() => callers.terminate())
    await once(callers, 'online')
    const count = new Int32Array(sent)
    for (let seen = 0; seen < CALLERS; seen = Atomics.load(count, 0)) Atomics.wait(count, 0, seen)
    t.equal(answered, 0, 'nobody is, while it has other things to do')
    await closeServer(server, { clock: systemClock, patienceMs: 5_000 })
    t.equal(answered, CALLERS)
  })
} else {
  call(workerData)
}
