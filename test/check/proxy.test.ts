import t from 'tap'
import { startProxy } from '../databricks/support/https-proxy.ts'
import { startSimulator, writeConfig } from '../support/gateway.ts'
import { codesOf, PROXY_PASSWORD, readReport, runCheck } from './support/run-check.ts'
import { CA, SECURE, startTls, startWebsite } from './support/servers.ts'

const PAT = { type: 'pat', token: { env: 'TEST_TOKEN' }, expires_on: '2126-01-01' }
const JOBS = [{ job_id: '1', name: 'Load', tasks: [{ task_key: 'load' }] }]

t.test('behind TLS and a proxy: the way out and who signed the certificate', async (t) => {
  const simulator = await startSimulator(t, { jobs: JOBS })
  const port = await startTls(t, simulator)
  const proxy = await startProxy(t, port)
  const workspace = { host: 'https://workspace.test', ca: CA, auth: PAT }
  const env = { HTTPS_PROXY: proxy.url.replace('//', `//user:${encodeURIComponent(PROXY_PASSWORD)}@`) }
  const { code, stdout } = await runCheck(
    t,
    writeConfig(t, simulator, { jobs: { load: { job_id: '1' } }, workspace }),
    [],
    env,
  )
  const way = `through the proxy ${proxy.url} \\(HTTPS_PROXY\\) · TLS, certificate by "Test CA of no one"`
  t.match(
    stdout,
    new RegExp(`^✔ workspace main +${way} · clocks agree · pat accepted · secret good until 2126-01-01$`, 'm'),
  )
  t.equal(code, 0)
  t.strictSame([...new Set(proxy.asked)], ['workspace.test:443'])
  t.strictSame(new Set(proxy.authorization).size, 1, 'all with the same credentials')
})

t.test('user and password of a proxy from the configuration, to the workspace and to Entra', async (t) => {
  const simulator = await startSimulator(t, { jobs: JOBS, tls: SECURE })
  const { port } = new URL(simulator.url)
  const proxy = await startProxy(t, Number(port))
  const auth = {
    ...{ type: 'azure-client-secret', tenant_id: 'simulated-tenant', client_id: 'simulated-client' },
    ...{ client_secret: { env: 'TEST_CLIENT_SECRET' }, authority_host: 'https://localhost', expires_on: '2126-01-01' },
  }
  const through = { url: proxy.url, user: 'gateway', password: { env: 'PROXY_SECRET' } }
  const workspace = { host: 'https://workspace.test', ca: CA, auth, proxy: through }
  const file = writeConfig(t, simulator, { jobs: { load: { job_id: '1' } }, workspace })
  const { code, stdout } = await runCheck(t, file, [], { PROXY_SECRET: PROXY_PASSWORD })
  t.match(stdout, /through the proxy .* \(workspaces\.main\.proxy\) · TLS.* · azure-client-secret accepted/)
  t.equal(code, 0)
  t.strictSame(new Set(proxy.asked), new Set(['workspace.test:443', 'localhost:443']))
  t.strictSame(new Set(proxy.authorization), new Set([`Basic ${btoa(`gateway:${PROXY_PASSWORD}`)}`]))
})

t.test('a proxy that plain HTTP goes through', async (t) => {
  const simulator = await startSimulator(t, { jobs: JOBS })
  const proxy = await startWebsite(t, (request, response) => {
    response.writeHead(request.headers['proxy-authorization'] ? 200 : 407).end('{}')
  })
  const workspace = { auth: PAT, proxy: { url: proxy } }
  t.match(codesOf(await readReport(t, writeConfig(t, simulator, { jobs: { load: { job_id: '1' } }, workspace }))), [
    'proxy-credentials',
  ])
})
