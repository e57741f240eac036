import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { startProxy } from './support/https-proxy.ts'
import { createManualClock } from './support/manual-clock.ts'
import { startClient } from './support/test-client.ts'

const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8')
const ca = fixture('ca.pem')
const auth = { type: 'pat', token: () => 'dapi' } as const
/** Time stands still and a retry would come too late: one try. */
const clock = createManualClock()
const oneTry = { clock, random: () => 0.5 }
const briefly = { deadline: clock.now() + 100 }
const soon = () => ({ deadline: Date.now() + 5000 })

/** A workspace behind TLS whose certificate a private CA signed. */
async function startTlsWorkspace(test: Test): Promise<number> {
  const server = createServer({ key: fixture('key.pem'), cert: fixture('cert.pem') }, (_request, response) => {
    response.end('{"run_id": 5, "job_id": 6}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  test.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

t.test('a private CA is trusted when it is named, and only then', async (t) => {
  const port = await startTlsWorkspace(t)
  const host = `https://localhost:${port}`
  t.match(await startClient(t, { host, auth, ca }).getRun('5', soon()), { run_id: '5' })
  const result = startClient(t, { ...oneTry, host, auth }).getRun('5', briefly)
  await t.rejects(result, { kind: 'unavailable', sent: false, message: /certificate/ })
})

t.test('a proxy tunnels to the workspace, TLS end to end', async (t) => {
  const port = await startTlsWorkspace(t)
  const proxy = await startProxy(t, port)
  const url = proxy.url.replace('//', '//user:p%40ss@')
  const client = startClient(t, { host: 'https://workspace.test', auth, ca, proxy: { url } })
  t.match(await client.getRun('5', soon()), { run_id: '5' })
  t.strictSame(proxy.asked, ['workspace.test:443'])
  t.strictSame(proxy.authorization, [`Basic ${Buffer.from('user:p@ss').toString('base64')}`])
})

t.test('a proxy that refuses the tunnel is proof that nothing was sent', async (t) => {
  const proxy = await startProxy(t, 0, '407 Proxy Authentication Required')
  const client = startClient(t, { ...oneTry, host: 'https://workspace.test', auth, ca, proxy: { url: proxy.url } })
  const submission = await client.runNow('{}', briefly)
  t.match(submission, { kind: 'not_taken', error: { reason: 'connection', sent: false, message: /407/ } })
})

t.test('HTTPS_PROXY counts for TLS, unless NO_PROXY names the host', async (t) => {
  const port = await startTlsWorkspace(t)
  const proxy = await startProxy(t, port)
  const host = `https://localhost:${port}`
  const env = { HTTPS_PROXY: proxy.url, NO_PROXY: '' }
  await startClient(t, { host, auth, ca, env }).getRun('5', soon())
  t.strictSame(proxy.asked, [`localhost:${port}`])
  await startClient(t, { host, auth, ca, env: { ...env, NO_PROXY: 'example.com,localhost' } }).getRun('5', soon())
  await startClient(t, { host, auth, ca }).getRun('5', soon())
  t.equal(proxy.asked.length, 1)
})

t.test('a new password of the proxy is used at the next connection', async (t) => {
  const port = await startTlsWorkspace(t)
  const proxy = await startProxy(t, port)
  let password = 'old'
  const credentials = () => ({ user: 'gateway', password })
  const client = startClient(t, { host: 'https://workspace.test', auth, ca, proxy: { url: proxy.url, credentials } })
  const look = () => client.getRun('5', soon())
  // Two at once need two connections.
  await Promise.all([look(), look()])
  password = 'new'
  await Promise.all([look(), look(), look()])
  const sent = new Set(proxy.authorization.map((text) => atob(text?.replace('Basic ', '') ?? '')))
  t.strictSame(sent, new Set(['gateway:old', 'gateway:new']))
})

t.test('a password of the proxy that cannot be read is told', async (t) => {
  const proxy = await startProxy(t, 0)
  const credentials = () => {
    throw new Error('/run/secrets/proxy cannot be read (no such file)')
  }
  const client = startClient(t, {
    ...oneTry,
    host: 'https://workspace.test',
    auth,
    proxy: { url: proxy.url, credentials },
  })
  await t.rejects(client.getRun('5', briefly), { kind: 'unavailable', sent: false, message: /no such file/ })
  t.strictSame(proxy.asked, [])
})
