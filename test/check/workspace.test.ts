import type { RequestListener } from 'node:http'
import t, { type Test } from 'tap'
import { reach } from '../../src/check/reach.ts'
import type { Fault } from '../../src/simulator/faults.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { startProxy } from '../databricks/support/https-proxy.ts'
import { createManualClock } from '../databricks/support/manual-clock.ts'
import { startSimulator, writeConfig } from '../support/gateway.ts'
import { codesOf, M2M, PROXY_PASSWORD, readReport, runCheck, troublesIn } from './support/run-check.ts'
import { CA, startTls, startWebsite } from './support/servers.ts'

const PAT = { type: 'pat', token: { env: 'TEST_TOKEN' }, expires_on: '2126-01-01' }
const JOBS = [{ job_id: '1', name: 'Load', tasks: [{ task_key: 'load' }] }]
const DISCOVERY = '/oidc/.well-known/oauth-authorization-server'
const RUNS = '/api/2.2/jobs/runs/list'

interface Broken {
  workspace?: Record<string, unknown>
  env?: NodeJS.ProcessEnv
}

type State = [
  name: string,
  code: string,
  line: RegExp,
  arrange: (t: Test, simulator: Simulator) => Broken | undefined | Promise<Broken>,
]

const fault = (fault: Fault) => (_: Test, simulator: Simulator) => {
  simulator.addFault({ times: null, ...fault })
  return undefined
}
const denied = (message: string) =>
  fault({ path: RUNS, status: 403, body: { error_code: 'PERMISSION_DENIED', message } })

const STATES: State[] = [
  [
    'a host that the DNS does not know',
    'host-unknown',
    /nowhere\.invalid cannot be reached: .*DNS.* → correct workspaces\.main\.host; .*HTTPS_PROXY$/,
    () => ({ workspace: { host: 'https://nowhere.invalid' } }),
  ],
  [
    'a port where nothing listens',
    'host-unreachable',
    /127\.0\.0\.1:\d+ cannot be reached: nothing listens there → correct workspaces\.main\.host, .*firewall/,
    () => ({ workspace: { host: 'http://127.0.0.1:9' } }),
  ],
  [
    'plain HTTP where TLS is expected',
    'host-unreachable',
    /it does not speak TLS → correct workspaces\.main\.host/,
    (_, { url }) => ({ workspace: { host: url.replace('http:', 'https:') } }),
  ],
  [
    'a website',
    'not-a-workspace',
    /is no workspace: it answers a web page → write the workspace's own address as workspaces\.main\.host/,
    async (t) => ({
      workspace: { host: await startWebsite(t, (_, response) => response.end('<html><title>Welcome</title></html>')) },
    }),
  ],
  [
    'a login page',
    'not-a-workspace',
    /is no workspace: it answers a redirect to https:\/\/login\.example\.com\/ → write/,
    async (t) => {
      const listener: RequestListener = (_, response) => {
        response.writeHead(302, { location: 'https://login.example.com/?next=simulated-secret' }).end()
      }
      return { workspace: { host: await startWebsite(t, listener) } }
    },
  ],
  [
    'a certificate of a private authority',
    'certificate-untrusted',
    /issued by "Test CA of no one", is not trusted \(\w+\) → .*PEM file as workspaces\.main\.ca$/,
    async (t, simulator) => ({ workspace: { host: `https://localhost:${await startTls(t, simulator)}` } }),
  ],
  [
    "another host's certificate",
    'certificate-untrusted',
    /127\.0\.0\.2:\d+, issued by "Test CA of no one", is not trusted \(ERR_TLS_CERT_ALTNAME_INVALID\) → it is another host's/,
    async (t, simulator) => {
      const port = await startTls(t, simulator, '127.0.0.2')
      return { workspace: { host: `https://127.0.0.2:${port}`, ca: CA } }
    },
  ],
  [
    'a proxy that wants a password',
    'proxy-credentials',
    /the proxy http:\/\/127\.0\.0\.1:\d+ wants a user and a password \(407\) → .*HTTPS_PROXY=http:\/\/USER:PASSWORD@/,
    async (t) => {
      const { url } = await startProxy(t, 0, '407 Proxy Authentication Required')
      return {
        workspace: { host: 'https://workspace.test' },
        env: { HTTPS_PROXY: url.replace('//', `//user:${PROXY_PASSWORD}@`) },
      }
    },
  ],
  [
    'a proxy that does not let us through',
    'proxy-refuses',
    /refuses the way to workspace\.test \(403\) → have workspace\.test allowed in the proxy$/,
    async (t) => {
      const { url } = await startProxy(t, 0, '403 Forbidden')
      return { workspace: { host: 'https://workspace.test', proxy: { url } } }
    },
  ],
  [
    'a proxy that is not there',
    'proxy-unreachable',
    /the proxy http:\/\/127\.0\.0\.1:9 cannot be reached: nothing listens there → correct HTTPS_PROXY/,
    () => ({ workspace: { host: 'https://workspace.test' }, env: { HTTPS_PROXY: 'http://127.0.0.1:9' } }),
  ],
  [
    'a proxy without its scheme',
    'proxy-address',
    /HTTPS_PROXY is not an http or https address → write it with its scheme/,
    () => ({
      workspace: { host: 'https://workspace.test' },
      env: { HTTPS_PROXY: `user:${PROXY_PASSWORD}@proxy.test:3128` },
    }),
  ],
  [
    'a workspace that is down',
    'databricks-failing',
    /answers with an error of its own \(503\) → look at the status page/,
    fault({ path: DISCOVERY, status: 503 }),
  ],
  [
    'a wrong or ended secret',
    'secret-refused',
    /refuses the secret of service principal simulated-client.*invalid_client.* → make a new one .*environment variable WRONG_SECRET/,
    () => ({ workspace: { auth: { ...M2M, client_secret: { env: 'WRONG_SECRET' } } } }),
  ],
  [
    'a personal access token that is worth nothing (401)',
    'credential-refused',
    /refuses the personal access token: .*\(401, UNAUTHENTICATED\) → .*a new one goes into the environment variable WRONG_SECRET$/,
    () => ({ workspace: { auth: { ...PAT, token: { env: 'WRONG_SECRET' } } } }),
  ],
  [
    'a principal that is not of this workspace (403)',
    'credential-refused',
    /the workspace refuses service principal simulated-client, though there is a token for it: .*403.* → add the service principal/,
    denied('Invalid access token.'),
  ],
  [
    'an address that is not on the access list (403)',
    'address-refused',
    /does not take calls from this machine's address: .* → have the address added to the workspace's IP access list$/,
    denied('Source IP address: 192.0.2.1 is blocked by Databricks IP ACL for workspace: 1'),
  ],
  [
    'a right that is missing (403)',
    'access-denied',
    /lets service principal simulated-client in, but not do this: .* → have an administrator/,
    denied('User does not have the entitlement for it.'),
  ],
  [
    'a login page behind the token',
    'not-a-workspace',
    /answered a web page .* → write the workspace's own address/,
    fault({ path: RUNS, status: 200, body: '<html><title>Sign in</title></html>' }),
  ],
  [
    'a host of several workspaces that is not told which one',
    'not-a-workspace',
    /answered a web page .* → write .* or its workspace_id where the host is of several$/,
    (_, simulator) => {
      simulator.setOptions({ host_type: 'unified' })
      return undefined
    },
  ],
  [
    'an Entra that cannot be reached',
    'host-unreachable',
    /Microsoft Entra, which hands out the tokens, gives no useful answer: .* → let this machine, or its proxy, through to Entra/,
    () => {
      const application = { tenant_id: 't', client_id: 'c', client_secret: { env: 'TEST_CLIENT_SECRET' } }
      const auth = { type: 'azure-client-secret', ...application, authority_host: 'http://127.0.0.1:9' }
      return { workspace: { auth: { ...auth, expires_on: '2126-01-01' } } }
    },
  ],
  [
    'too many requests',
    'throttled',
    /has had too many requests: .* → check again in a minute/,
    fault({ path: RUNS, status: 429, headers: { 'retry-after': '3600' } }),
  ],
  [
    'clocks that differ',
    'clock-skewed',
    /this machine's clock is 300 s ahead of that of Databricks → synchronise this machine/,
    (t, simulator) => {
      const date = new Date(Date.now() - 300_000).toUTCString()
      return fault({ path: DISCOVERY, headers: { date } })(t, simulator)
    },
  ],
  [
    'a secret that has ended',
    'secret-ended',
    /it ended on 2020-01-31 → make a second secret in Databricks/,
    () => ({ workspace: { auth: { ...M2M, expires_on: '2020-01-31' } } }),
  ],
]

for (const [name, code, line, arrange] of STATES) {
  t.test(`${name}: ${code}`, async (t) => {
    const simulator = await startSimulator(t, { jobs: JOBS })
    const { workspace, env } = (await arrange(t, simulator)) ?? {}
    const file = writeConfig(t, simulator, { jobs: { load: { job_id: '1' } }, workspace: { auth: M2M, ...workspace } })
    const { code: exit, stdout, stderr } = await runCheck(t, file, [], env)
    const troubles = troublesIn(stdout)
    t.equal(troubles.length, 1, `one line says it:\n${stdout}${stderr}`)
    t.match(troubles[0]?.replace(/300 s|299 s|301 s/, '300 s'), line)
    t.match(troubles[0], /^[✘!] workspace main /)
    t.equal(exit, troubles[0]?.startsWith('✘') ? 1 : 0)
    t.strictSame(codesOf(await readReport(t, file, [], env)), [code])
  })
}

t.test('a host that takes the connection and says nothing', async (t) => {
  const clock = createManualClock()
  const host = new URL(await startWebsite(t, () => {}))
  const { signal } = new AbortController()
  const reached = reach(host, { path: '/', proxy: undefined, ca: undefined, clock, signal })
  await clock.untilAsleep(15_000)
  clock.advance(15_000)
  t.strictSame(await reached, { kind: 'lost', at: 'host', code: 'ETIMEDOUT' })
})
