import { once } from 'node:events'
import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net'
import type { Test } from 'tap'

/** NotificationResponse: what a server tells a session that listens. */
const NOTIFICATION = 'A'.charCodeAt(0)
/** A message is its type, one byte, and its length, four of them, which count themselves. */
const HEAD = 5

/**
 * A pooler that lends sessions by the transaction, as far as it matters here: what a server tells between transactions
 * reaches nobody. Resolves with its port.
 */
export async function startPooler(t: Test, server: { host: string; port: number }): Promise<number> {
  const sockets = new Set<Socket>()
  const pooler = createServer((client) => {
    const upstream = dial(server.port, server.host)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        client.destroy()
        upstream.destroy()
      })
    }
    client.pipe(upstream)
    let left: Buffer = Buffer.alloc(0)
    upstream.on('data', (chunk: Buffer) => {
      const { passed, rest } = withoutNotifications(Buffer.concat([left, chunk]))
      left = rest
      client.write(passed)
    })
  })
  pooler.listen(0, '127.0.0.1')
  await once(pooler, 'listening')
  t.teardown(() => {
    pooler.close()
    for (const socket of sockets) socket.destroy()
  })
  return (pooler.address() as AddressInfo).port
}

function withoutNotifications(data: Buffer): { passed: Buffer; rest: Buffer } {
  const kept: Buffer[] = []
  let at = 0
  while (data.length - at >= HEAD) {
    const end = at + 1 + data.readUInt32BE(at + 1)
    if (end > data.length) break
    if (data[at] !== NOTIFICATION) kept.push(data.subarray(at, end))
    at = end
  }
  return { passed: Buffer.concat(kept), rest: data.subarray(at) }
}
