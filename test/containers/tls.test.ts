import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { openLedger } from '../../src/ledger/open.ts'
import { readLedgerOptions } from '../../src/ledger-options.ts'
import { BASE, readFiles } from '../support/config-files.ts'
import { createDatabase, PASSWORD } from './support/postgres.ts'

const FIXTURES = `${import.meta.dirname}/../databricks/fixtures`
const [cert, key] = ['cert.pem', 'key.pem'].map((name) => readFileSync(`${FIXTURES}/${name}`))

/** SSLRequest, after which TLS begins once the server has said S (protocol 3, "SSL Session Encryption"). */
const SSL_REQUEST = 80_877_103

/** Speaks TLS for the server at `url`, with a certificate for localhost and 127.0.0.1; refuses who does not. */
async function startTls(t: Test, url: string): Promise<number> {
  const { hostname, port } = new URL(url)
  const open = new Set<Socket>()
  const server = createServer(async (client) => {
    open.add(client.on('error', () => {}))
    const [request] = await once(client, 'data')
    if (request.readInt32BE(4) !== SSL_REQUEST) {
      client.destroy()
      return
    }
    client.write('S')
    const secured = new TLSSocket(client, { isServer: true, ...(cert && { cert }), ...(key && { key }) })
    const upstream = connect(Number(port), hostname)
    open.add(upstream.on('error', () => client.destroy()))
    secured.on('error', () => upstream.destroy())
    secured.pipe(upstream).pipe(secured)
  })
  server.listen(0)
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

t.test('the server is known by its certificate as far as the configuration says', async (t) => {
  const { url } = await createDatabase(t)
  const port = await startTls(t, url)

  async function open(host: string, tls: string): Promise<string> {
    const secured = new URL(url)
    secured.host = `${host}:${port}`
    const yaml = `ledger: { url: "${secured}", password: { env: PASSWORD }${tls} }\nserver: { instance: test }${BASE}`
    const env = { PASSWORD, TOKEN: 'x' }
    const read = await readFiles(t, { files: { 'gateway.yaml': yaml }, env })
    if ('problems' in read) throw new Error(read.problems.join('\n'))
    return openLedger(readLedgerOptions(read.config, { env, onSecret: () => {} })).then(
      async (store) => {
        await store.close()
        return 'opened'
      },
      (error: Error) => error.message,
    )
  }

  const ca = `ca: { file: ${FIXTURES}/ca.pem }`
  for (const [host, tls, outcome] of [
    ['localhost', `, tls: { ${ca} }`, /^opened$/],
    ['localhost', ', tls: {}', /cannot be opened: .*certificate/],
    ['localhost', ', tls: { mode: require }', /^opened$/],
    ['localhost', ', tls: { mode: disable }', /cannot be opened: Connection terminated/],
    ['localhost', '', /cannot be opened: Connection terminated/],
    // Not among the certificate's names.
    ['127.0.0.2', `, tls: { ${ca} }`, /cannot be opened: .*127\.0\.0\.2/],
    ['127.0.0.2', `, tls: { mode: verify-ca, ${ca} }`, /^opened$/],
    ['127.0.0.2', ', tls: { mode: verify-ca }', /cannot be opened: .*certificate/],
  ] as const) {
    t.match(await open(host, tls), outcome, `${host}${tls}`)
  }
})
