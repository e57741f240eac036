import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { hashKey } from '../../src/config/key-hash.ts'
import type { SimulatorSettings } from '../../src/simulator/simulator.ts'
import { awaitGateway, KEYS, startSimulator } from '../support/gateway.ts'
import { runProgram, startProgram } from '../support/program.ts'

t.jobs = 2

const settings: SimulatorSettings = {
  jobs: [{ job_id: '11', name: 'quick', pending_ms: 0, cleanup_ms: 0, tasks: [{ task_key: 'main', duration_ms: 0 }] }],
}
const server = 'server: { host: 127.0.0.1, port: 0, metrics_port: 0, drain_seconds: 0 }'
const ledger = 'ledger: { url: "sqlite:runs.db" }'
const jobs = 'jobs: { quick: { job_id: "11" } }'
const clients = (key: string) =>
  `clients: { control-m: { keys: ["${key}"], jobs: [quick], permissions: [trigger, read] } }`
const workspaces = (host: string) =>
  `workspaces: { main: { host: "${host}", auth: { type: pat, token: { env: TOKEN } } } }`

interface RunOptions {
  env: NodeJS.ProcessEnv
  cwd?: string
  key?: string
}

/** Starts the gateway, runs the job through it, and returns the run. */
async function runJob(t: Test, args: string[], { key = KEYS['control-m'], ...options }: RunOptions) {
  const gateway = await awaitGateway(startProgram(t, ['serve', ...args], options))
  const headers = { authorization: `Bearer ${key}` }
  const { body } = await gateway.call('POST', '/trigger/quick?wait=10', { client: null, headers })
  gateway.signal('SIGTERM')
  t.equal(await gateway.exited, 0)
  return body
}

t.test("Databricks' own variables make the workspace `default`", async (t) => {
  const simulator = await startSimulator(t, settings)
  const lines = [server, ledger, jobs, clients(hashKey(KEYS['control-m']))]
  const cwd = t.testdir({ 'gateway.yaml': lines.join('\n') })
  const { client_id, client_secret, token } = simulator.credentials
  const host = { DATABRICKS_HOST: simulator.url }
  const oauth = { ...host, DATABRICKS_CLIENT_ID: client_id, DATABRICKS_CLIENT_SECRET: client_secret }
  for (const [kind, env] of Object.entries({ oauth, pat: { ...host, DATABRICKS_TOKEN: token } })) {
    t.match(await runJob(t, [], { cwd, env: { ...env } }), { state: 'SUCCEEDED', workspace: 'default' }, kind)
  }
  t.equal(simulator.counts()['POST /oidc/v1/token'], 1, 'a token was fetched for OAuth alone')
})

t.test('several files: the later wins; what is included is there; GATEWAY_CONFIG names one', async (t) => {
  const simulator = await startSimulator(t, settings)
  const { token: TOKEN } = simulator.credentials
  const lines = [server, ledger, 'include: ["jobs.d/*.yaml"]', clients(hashKey(KEYS['control-m']))]
  const folder = t.testdir({
    'base.yaml': [...lines, workspaces('http://127.0.0.1:9')].join('\n'),
    'site.yaml': workspaces(simulator.url),
    'jobs.d': { 'quick.yaml': jobs },
  })
  const [base, site] = [join(folder, 'base.yaml'), join(folder, 'site.yaml')]
  const done = { state: 'SUCCEEDED', workspace: 'main' }
  t.match(await runJob(t, ['--config', base, '--config', site], { env: { TOKEN } }), done)
  writeFileSync(base, [...lines, workspaces(simulator.url)].join('\n'))
  t.match(await runJob(t, [], { env: { TOKEN, GATEWAY_CONFIG: base } }), done)
})

t.test('a key that `key` makes opens a gateway that has its hash', async (t) => {
  const simulator = await startSimulator(t, settings)
  const made = await runProgram(t, ['key', '--client', 'control-m'])
  const [, key = ''] = /^(gw_\S+)$/m.exec(made.stdout) ?? []
  const [, hash = ''] = /keys: \["(sha256:[0-9a-f]{64})"\]/.exec(made.stdout) ?? []
  t.match(await runProgram(t, ['key', '--hash'], { input: `${key}\n` }), { code: 0, stdout: `${hash}\n` })

  const lines = [server, ledger, jobs, workspaces(simulator.url), clients(hash)]
  const folder = t.testdir({ 'gateway.yaml': lines.join('\n') })
  const env = { TOKEN: simulator.credentials.token }
  const run = await runJob(t, ['--config', join(folder, 'gateway.yaml')], { env, key })
  t.match(run, { state: 'SUCCEEDED', client: 'control-m' })
})
