import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { connect as connectPlain } from 'node:net'
import { dirname, join } from 'node:path'
import { json, text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ConnectionOptions, connect } from 'node:tls'
import t, { type Test } from 'tap'
import { writeCertificate } from '../support/certificate.ts'
import { type Gateway, KEYS, startGateway, startSimulator, writeConfig } from '../support/gateway.ts'
import { startProgram } from '../support/program.ts'

const JOB = { job_id: '1', name: 'slow', pending_ms: 0, tasks: [{ task_key: 'main', duration_ms: 60_000 }] }

async function start(t: Test, server: Record<string, unknown> = {}) {
  const simulator = await startSimulator(t, { jobs: [JOB] })
  const tls = { certificate: { file: 'tls/cert.pem' }, key: { file: 'tls/key.pem' } }
  const file = writeConfig(t, simulator, { jobs: { slow: { job_id: '1' } }, server: { tls, ...server } })
  const folder = join(dirname(file), 'tls')
  mkdirSync(folder)
  writeCertificate(folder)
  return { file, folder, gateway: await startGateway(t, file) }
}

/** One call by a caller that trusts nothing but this certificate. */
async function call(
  { url }: Gateway,
  ca: string,
  { method = 'GET', path = '/jobs', headers = {} }: { method?: string; path?: string; headers?: object } = {},
) {
  const call = request(url + path, {
    method,
    ca,
    agent: false,
    headers: { 'x-api-key': KEYS['control-m'], ...headers },
  })
  call.end()
  const [answer] = await once(call, 'response')
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects
  return { status: answer.statusCode, headers: answer.headers, body: (await json(answer)) as any }
}

/** Resolves with the protocol, or the code of what was wrong. */
async function shakeHands({ url }: Gateway, ca: string, options: ConnectionOptions): Promise<string | null> {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port), ca, ...options })
  try {
    await once(socket, 'secureConnect')
    return socket.getProtocol()
  } catch (error) {
    return (error as { code: string }).code
  } finally {
    socket.destroy()
  }
}

async function tells(gateway: Gateway, event: string, times = 1): Promise<Record<string, unknown>> {
  for (;;) {
    const line = gateway.lines().filter((line) => line['event'] === event)[times - 1]
    if (line) return line
    await sleep(20)
  }
}

const read = (folder: string) => readFileSync(join(folder, 'cert.pem'), 'utf8')
const expiry = (cert: string) => new X509Certificate(cert).validToDate.getTime() / 1000

t.test('https from TLS 1.2 on, and links that say so', async (t) => {
  const { gateway, folder } = await start(t)
  const ca = read(folder)
  t.match(gateway.url, /^https:/)
  const { status, headers } = await call(gateway, ca, { method: 'POST', path: '/trigger/slow' })
  t.equal(status, 202)
  t.match(headers.location, `${gateway.url}/runs/`)
  const unknown = await call(gateway, ca, { path: '/nothing', headers: { 'x-forwarded-host': 'evil.example.com' } })
  t.equal(unknown.body.type, `${gateway.url}/problems/not-found`, 'X-Forwarded of a stranger is not believed')
  t.equal(await shakeHands(gateway, ca, {}), 'TLSv1.3')
  t.equal(await shakeHands(gateway, ca, { maxVersion: 'TLSv1.2' }), 'TLSv1.2')
  t.match(
    await shakeHands(gateway, ca, { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' }),
    /ALERT/,
  )
  t.equal(await gateway.metric('job_gateway_tls_certificate_expiry_timestamp_seconds'), expiry(ca))

  const plain = connectPlain(Number(new URL(gateway.url).port), '127.0.0.1')
  plain.end('GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n')
  t.equal(await text(plain), '', 'plain http is hung up on')
  t.match(gateway.output(), `Server listening at ${gateway.url}`)
  t.equal((await call(gateway, ca)).status, 200, 'and the gateway goes on')
})

t.test('behind a trusted proxy that speaks TLS to the gateway: its word counts', async (t) => {
  const { gateway, folder } = await start(t, { trusted_proxies: ['127.0.0.1'] })
  const headers = {
    'x-forwarded-host': 'jobs.example.com',
    'x-forwarded-proto': 'https',
    'x-forwarded-for': '192.0.2.7',
  }
  const { body } = await call(gateway, read(folder), { path: '/nothing', headers })
  t.equal(body.type, 'https://jobs.example.com/problems/not-found')
})

t.test('a new certificate is taken without a restart; a broken one is not', async (t) => {
  const { gateway, folder } = await start(t)
  const first = read(folder)
  const open = connect({ host: '127.0.0.1', port: Number(new URL(gateway.url).port), ca: first })
  await once(open, 'secureConnect')

  writeFileSync(join(folder, 'cert.pem'), read(folder).replaceAll(/[A-Za-z]/g, 'A'))
  const { problems } = await tells(gateway, 'config.rejected')
  t.match(problems, [/gateway\.yaml:\d+:\d+ server\.tls: holds no certificate with its own private key/])
  t.equal(await gateway.metric('job_gateway_config_reload_success'), 0)
  t.equal((await call(gateway, first)).status, 200, 'the former one serves')

  writeCertificate(folder, { days: 60 })
  await tells(gateway, 'config.reloaded')
  const second = read(folder)
  t.equal((await call(gateway, second)).status, 200, 'the new one serves')
  await t.rejects(call(gateway, first), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
  t.equal(await gateway.metric('job_gateway_tls_certificate_expiry_timestamp_seconds'), expiry(second))
  t.equal(await gateway.metric('job_gateway_config_reload_success'), 1)

  open.write(`GET /jobs HTTP/1.1\r\nhost: localhost\r\nx-api-key: ${KEYS['control-m']}\r\nconnection: close\r\n\r\n`)
  const [chunk] = await once(open, 'data')
  t.match(String(chunk), /^HTTP\/1\.1 200/, 'an open connection is served on')
})

t.test('nothing starts with a key that is not the one of the certificate', async (t) => {
  const simulator = await startSimulator(t)
  const tls = { certificate: { file: 'cert.pem' }, key: { file: 'other/key.pem' } }
  const file = writeConfig(t, simulator, { server: { tls } })
  const other = join(dirname(file), 'other')
  mkdirSync(other)
  for (const folder of [dirname(file), other]) writeCertificate(folder)
  const program = startProgram(t, ['serve', '--config', file], { env: { TEST_CLIENT_SECRET: 'simulated-secret' } })
  t.equal(await program.exited, 2)
  t.match(program.stderr(), /gateway\.yaml:\d+:\d+ server\.tls: holds no certificate with its own private key/)
})
