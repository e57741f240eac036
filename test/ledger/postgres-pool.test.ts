import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import t from 'tap'
import { createPostgresPool } from '../../src/ledger/postgres-pool.ts'

/** AuthenticationOk and ReadyForQuery, as https://www.postgresql.org/docs/current/protocol-message-formats.html has them. */
const WELCOME = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49])

/** Lets everybody in and is lost then: it answers nothing more, not even a good-bye. */
async function startLostServer() {
  const sockets: Socket[] = []
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket.resume().on('error', () => {}))
    socket.once('data', () => socket.write(WELCOME))
    t.teardown(() => socket.destroy())
  }).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { sockets, options: { host: '127.0.0.1', port, user: 'u', database: 'd', password: 'p' } }
}

t.test('no connection to a server that was lost is left at the end', async (t) => {
  const { sockets, options } = await startLostServer()
  const pool = createPostgresPool({ ...options, max: 2, patienceMs: 100 })
  const [idle, failed] = await Promise.all([pool.connect(), pool.connect()])
  await t.rejects(failed.query('select 1', []), { name: 'LedgerError', message: /timeout/ })
  idle.release()
  failed.release()
  await pool.end()
  t.equal(sockets.length, 2)
  // What is no longer there answers with a reset.
  for (const socket of sockets) while (!socket.destroyed) await new Promise((resolve) => socket.write('?', resolve))
})
