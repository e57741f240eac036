import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import type { Simulator } from '../../../src/simulator/simulator.ts'

const fixture = (name: string) => fileURLToPath(new URL(`../../databricks/fixtures/${name}`, import.meta.url))

export const CA = { file: fixture('ca.pem') }

/** Of a server whose certificate that CA signed. */
export const SECURE = { key: readFileSync(fixture('key.pem'), 'utf8'), cert: readFileSync(fixture('cert.pem'), 'utf8') }

/** The workspace behind TLS, by a certificate of a private CA for `localhost` and `127.0.0.1`. */
export async function startTls(t: Test, simulator: Simulator, address = '127.0.0.1'): Promise<number> {
  const server = createTlsServer(SECURE, (socket) => {
    const upstream = connect(Number(new URL(simulator.url).port), '127.0.0.1')
    upstream.on('error', () => socket.destroy())
    socket.on('error', () => upstream.destroy())
    socket.pipe(upstream).pipe(socket)
  })
  server.on('tlsClientError', () => {})
  server.listen(0, address)
  await once(server, 'listening')
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}

export async function startWebsite(t: Test, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
