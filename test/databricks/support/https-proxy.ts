import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Test } from 'tap'

export interface Proxy {
  url: string
  /** `host:port` of each CONNECT and the URL of each plain request, in order. */
  asked: string[]
  authorization: (string | undefined)[]
}

/** A forward proxy that leads every tunnel to `port` on this machine, or answers CONNECT with `refusal`. */
export async function startProxy(test: Test, port: number, refusal?: string): Promise<Proxy> {
  const asked: string[] = []
  const authorization: (string | undefined)[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.end('{}')
  })
  const open = new Set<Duplex>()
  server.on('connect', (request: IncomingMessage, client: Duplex, head: Buffer) => {
    asked.push(request.url ?? '')
    authorization.push(request.headers['proxy-authorization'])
    open.add(client)
    client.on('error', () => {})
    if (refusal !== undefined) {
      client.end(`HTTP/1.1 ${refusal}\r\n\r\n`)
      return
    }
    const upstream = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      upstream.write(head)
      upstream.pipe(client).pipe(upstream)
    })
    open.add(upstream)
    upstream.on('error', () => client.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  test.teardown(() => {
    for (const socket of open) {
      socket.destroy()
    }
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, authorization }
}
