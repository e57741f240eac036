import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { hashKey } from '../../src/config/key-hash.ts'
import { type Gateway, type GatewaySettings, startGateway, startSimulator, writeConfig } from '../support/gateway.ts'
import { startKeyedLoad } from '../support/keyed-load.ts'

t.jobs = 2

const task = (duration_ms: number) => [{ task_key: 'main', duration_ms }]
const JOBS = [
  { job_id: '1', name: 'quick', pending_ms: 0, cleanup_ms: 0, tasks: task(50) },
  { job_id: '2', name: 'slow', pending_ms: 0, cleanup_ms: 0, tasks: task(60_000) },
]
const NEW_KEY = 'test-key-of-a-client-that-came-later'

// biome-ignore lint/suspicious/noExplicitAny: a configuration that a test changes as it likes
type Written = any

/** Changes the configuration file, as one write. */
function change(file: string, edit: (config: Written) => void): void {
  const config = JSON.parse(readFileSync(file, 'utf8'))
  edit(config)
  writeFileSync(`${file}.new`, JSON.stringify(config, null, 2))
  renameSync(`${file}.new`, file)
}

/** Lines of the log with this event. */
const told = (gateway: Gateway, event: string) => gateway.lines().filter((line) => line['event'] === event)

/** Resolves with the newest such line once there are so many. */
async function tells(gateway: Gateway, event: string, times = 1): Promise<Record<string, unknown>> {
  for (;;) {
    const line = told(gateway, event)[times - 1]
    if (line) return line
    await sleep(20)
  }
}

async function start(t: Test, settings: GatewaySettings = {}) {
  const simulator = await startSimulator(t, { jobs: JOBS })
  const file = writeConfig(t, simulator, { jobs: { quick: { job_id: '1' }, slow: { job_id: '2' } }, ...settings })
  return { simulator, file, gateway: await startGateway(t, file) }
}

const asNewClient = { client: null, headers: { 'x-api-key': NEW_KEY } }

t.test('a client is added and a secret rotated while callers trigger and wait: no call fails', async (t) => {
  const simulator = await startSimulator(t, { jobs: JOBS })
  const auth = { type: 'oauth-m2m', client_id: 'simulated-client', client_secret: { file: 'secret' } }
  const file = writeConfig(t, simulator, { jobs: { quick: { job_id: '1' } }, workspace: { auth } })
  const secret = join(dirname(file), 'secret')
  writeFileSync(secret, simulator.credentials.client_secret)
  const gateway = await startGateway(t, file)
  const load = startKeyedLoad('quick')
  load.gateways.push(gateway)
  await load.more(20)

  t.equal((await gateway.call('GET', '/jobs', asNewClient)).status, 401)
  change(file, ({ clients }) => {
    clients.later = { keys: [hashKey(NEW_KEY)], jobs: ['quick'], permissions: ['trigger', 'read'] }
  })
  t.match(await tells(gateway, 'config.reloaded'), { changed: ['clients'] })
  const { body } = await gateway.call('POST', '/trigger/quick?wait=10', asNewClient)
  t.match(body, { state: 'SUCCEEDED', client: 'later' })

  const tokens = () => simulator.counts()['POST /oidc/v1/token'] ?? 0
  const before = tokens()
  writeFileSync(secret, 'the-secret-of-next-year\n')
  simulator.changeCredentials({ client_secret: 'the-secret-of-next-year' })
  simulator.revokeTokens()
  for (let times = 2; times <= 4; times++) {
    gateway.signal('SIGHUP')
    await tells(gateway, 'config.reloaded', times)
    await load.more(10)
  }
  t.ok(tokens() > before, 'signed in with the new secret')
  const answered = await load.stop()
  for (const [key, ids] of answered) if (ids.size !== 1) t.fail(`${key} was answered with ${ids.size} runs`)
  const keys = [...answered.keys()].length
  t.comment(`${keys} orders, each sent twice`)
  t.equal(simulator.runs().length, keys + 1, 'one run each')
  t.equal(await gateway.metric('job_gateway_config_reload_success'), 1)
})

t.test('what cannot be used changes nothing, and the log says all that is wrong', async (t) => {
  const { file, gateway } = await start(t)
  t.equal(await gateway.metric('job_gateway_config_reload_success'), 1)
  const at = (await gateway.metric('job_gateway_config_reload_timestamp_seconds')) ?? 0
  const good = readFileSync(file, 'utf8')

  change(file, (config) => {
    config.jobs.slow.job_id = 'two'
    config.clients.other.profile = 'none'
    config.jobs.added = { job_id: '1' }
  })
  const { problems } = (await tells(gateway, 'config.rejected')) as { problems: string[] }
  t.equal(problems.length, 2)
  t.match(problems.join('\n'), /gateway\.yaml:\d+:\d+ jobs\.slow\.job_id: .*\n?.*clients\.other\.profile: /)
  t.equal(await gateway.metric('job_gateway_config_reload_success'), 0)
  t.equal(await gateway.metric('job_gateway_config_reload_timestamp_seconds'), at)
  t.equal((await gateway.trigger('added')).status, 404, 'nothing of it is used')
  t.equal((await gateway.call('GET', '/jobs', { client: 'other' })).status, 200)

  writeFileSync(file, 'jobs: [')
  t.match(await tells(gateway, 'config.rejected', 2), { problems: [/gateway\.yaml:1:\d+/] })

  writeFileSync(file, good)
  await tells(gateway, 'config.reloaded')
  t.equal(await gateway.metric('job_gateway_config_reload_success'), 1)
  t.equal(told(gateway, 'config.rejected').length, 2, 'each is told once')
})

t.test('what takes a restart is refused by name, and nothing else of it is used', async (t) => {
  const { file, gateway } = await start(t)
  change(file, (config) => {
    config.server.port = 8099
    config.server.instance = 'another'
    config.ledger.retention_days = 100
    config.jobs.added = { job_id: '1' }
  })
  gateway.signal('SIGHUP')
  const { problems } = (await tells(gateway, 'config.rejected')) as { problems: string[] }
  const text = problems.join('\n')
  for (const path of ['server.port', 'server.instance', 'ledger.retention_days'])
    t.match(text, new RegExp(`gateway\\.yaml:\\d+:\\d+ ${path}: .*takes a restart`))
  t.equal((await gateway.trigger('added')).status, 404)
})

t.test('jobs, profiles, limits and addresses change for the calls that come after', async (t) => {
  const { file, gateway } = await start(t)
  const waiting = gateway.call('POST', '/trigger/slow?wait=6')
  await gateway.trigger('quick', undefined, { client: 'other' })
  change(file, (config) => {
    config.clients.other.limits = { triggers: { per_second: 0.001, burst: 2 } }
    config.server.public_url = 'https://jobs.example.com'
    config.server.contact = 'platform@example.com'
    config.profiles = { patient: { outcome: 'http', pending: 'error', key: 'required' } }
    config.clients.other.profile = 'patient'
    config.jobs = { quick: { job_id: '1', owner: 'new-team' } }
  })
  await tells(gateway, 'config.reloaded')
  const keyless = await gateway.trigger('quick', undefined, { client: 'other' })
  t.match(keyless, {
    status: 400,
    body: { code: 'key-required', type: 'https://jobs.example.com/problems/key-required' },
  })
  const limited = await gateway.trigger('quick', undefined, { client: 'other' })
  t.match(limited, { status: 429 }, 'what was spent before counts')
  t.equal((await gateway.trigger('slow')).status, 404)
  t.equal(await gateway.metric('job_gateway_job_info', { job: 'quick', owner: 'new-team' }), 1)
  t.equal(await gateway.metric('job_gateway_job_info', { job: 'slow' }), undefined)

  const { status, body, headers } = await waiting
  t.match({ status, body }, { status: 202, body: { job: 'slow', state: 'RUNNING' } }, 'the run goes on')
  t.match(headers.get('location'), gateway.url, 'by the configuration that the call began with')
  const canceled = await gateway.call('POST', `/runs/${body.id}/cancel?wait=10`)
  t.match(canceled.body, { state: 'CANCELED' }, 'and can be read and canceled')
})

t.test('a workspace is added, gets another credential, and leaves with a run', async (t) => {
  const { simulator, file, gateway } = await start(t)
  const second = await startSimulator(t, { jobs: JOBS })
  const { client_id } = second.credentials
  await gateway.trigger('quick')
  change(file, (config) => {
    config.workspaces.second = {
      ...config.workspaces.main,
      host: second.url,
      auth: { type: 'pat', token: { env: 'TEST_CLIENT_SECRET' } },
    }
    config.jobs = {
      quick: { workspace: 'main', job_id: '1' },
      there: { workspace: 'second', job_id: '1' },
      long: { workspace: 'second', job_id: '2' },
    }
  })
  await tells(gateway, 'config.reloaded')
  const submitting = await gateway.trigger('there')
  t.match(submitting.body, { state: 'SUBMITTING', workspace: 'second', message: /credential/ })
  t.equal(await gateway.metric('job_gateway_databricks_credential_refused', { workspace: 'second' }), 1)

  change(file, ({ workspaces }) => {
    workspaces.second.auth = { type: 'oauth-m2m', client_id, client_secret: { env: 'TEST_CLIENT_SECRET' } }
  })
  await tells(gateway, 'config.reloaded', 2)
  t.match(await gateway.ended(submitting.body.id), { state: 'SUCCEEDED' }, 'submitted with the new credential')
  t.equal(await gateway.metric('job_gateway_databricks_credential_refused', { workspace: 'second' }), 0)
  const asked = simulator.counts()['POST /oidc/v1/token']

  const { body } = await gateway.trigger('long')
  const without = readFileSync(file, 'utf8')
  change(file, (config) => {
    delete config.workspaces.second
    config.jobs = { quick: { job_id: '1' } }
  })
  await tells(gateway, 'config.reloaded', 3)
  t.match((await gateway.call('GET', `/runs/${body.id}`)).body, { id: body.id, done: false }, 'its run is kept')
  t.equal(await gateway.metric('job_gateway_databricks_up', { workspace: 'second' }), undefined)
  writeFileSync(file, without)
  await tells(gateway, 'config.reloaded', 4)
  t.match(
    (await gateway.call('POST', `/runs/${body.id}/cancel?wait=10`)).body,
    { state: 'CANCELED' },
    'and taken up again',
  )
  t.match((await gateway.trigger('quick')).body, { workspace: 'main' })
  t.equal(simulator.counts()['POST /oidc/v1/token'], asked, 'nobody disturbed the other workspace')
})

t.test('a mounted ConfigMap: the folder behind its link is swapped; included files come and go', async (t) => {
  const simulator = await startSimulator(t, { jobs: JOBS })
  const written = writeConfig(t, simulator, { jobs: { quick: { job_id: '1' } } })
  const mount = join(dirname(written), 'mount')
  /** As the kubelet does it: a new folder, then the link to it replaced in one step. */
  const publish = (version: number, files: Record<string, string>) => {
    const folder = join(mount, `..v${version}`)
    mkdirSync(folder, { recursive: true })
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    symlinkSync(`..v${version}`, join(mount, '..data_tmp'))
    renameSync(join(mount, '..data_tmp'), join(mount, '..data'))
    if (version > 1) rmSync(join(mount, `..v${version - 1}`), { recursive: true })
  }
  const config = JSON.parse(readFileSync(written, 'utf8'))
  const main = JSON.stringify({ ...config, include: ['jobs/*.yaml'] })
  publish(1, { 'gateway.yaml': main })
  symlinkSync('..data/gateway.yaml', join(mount, 'gateway.yaml'))
  mkdirSync(join(mount, 'jobs'))
  const gateway = await startGateway(t, join(mount, 'gateway.yaml'))

  writeFileSync(join(mount, 'jobs', 'more.yaml'), 'jobs: { added: { job_id: "1" } }')
  await tells(gateway, 'config.reloaded')
  t.match((await gateway.trigger('added')).status, 202)
  rmSync(join(mount, 'jobs', 'more.yaml'))
  await tells(gateway, 'config.reloaded', 2)
  t.equal((await gateway.trigger('added')).status, 404)

  const next = { ...config, jobs: { ...config.jobs, swapped: { job_id: '1' } } }
  publish(2, { 'gateway.yaml': JSON.stringify(next) })
  await tells(gateway, 'config.reloaded', 3)
  t.match((await gateway.trigger('swapped')).status, 202)
})

t.test('who is renamed is told that keys of orders are bound to the former name', async (t) => {
  const { file, gateway } = await start(t)
  const first = await gateway.trigger('quick', undefined, { key: 'ORDER-1' })
  change(file, ({ clients, jobs }) => {
    clients.scheduler = clients['control-m']
    delete clients['control-m']
    jobs.night = jobs.slow
    delete jobs.slow
  })
  await tells(gateway, 'config.reloaded')
  const warnings = told(gateway, 'config.renamed').map(({ warning }) => warning)
  t.match(warnings, [
    /client scheduler .*former client control-m.*Set id: control-m/,
    /job night is the former job slow/,
  ])
  const second = await gateway.trigger('quick', undefined, { key: 'ORDER-1' })
  t.not(second.body.id, first.body.id, 'as it says')
})
