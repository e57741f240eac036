import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Network, type StartedNetwork, Wait } from 'testcontainers'
import { hashKey } from '../../src/config/key-hash.ts'
import type { Answer } from '../support/gateway.ts'
import {
  buildImage,
  HardenedContainer,
  measureImage,
  ROOT,
  readLog,
  readMemory,
  removeVolume,
  start,
  stop,
  timeStart,
  urlOf,
} from './support/image.ts'

const lock: { packages: Record<string, { dev?: true }> } = JSON.parse(
  readFileSync(join(ROOT, 'package-lock.json'), 'utf8'),
)

const MAX_ADDED_BYTES = 60e6
const READY = Wait.forHttp('/readyz', 8080)

const image = await buildImage()

t.test('the demo, with a read-only root and no capabilities: healthy, serves a trigger, stops', async (t) => {
  const demo = new HardenedContainer(image)
    .withCommand(['demo', '--host', '0.0.0.0'])
    .withExposedPorts(8080)
    .withWaitStrategy(Wait.forHealthCheck())
  const container = await start(t, demo)
  const answer = await call(urlOf(container), 'POST', '/trigger/nightly-load?p.day=2026-11-22&wait=40', 'demo-key')
  t.match(answer, { state: 'SUCCEEDED', result: 'OK', message: 'Ended well.' })
  t.equal(await stop(container), 0, 'SIGTERM reaches the program, which ends well')
})

t.test('only what production needs is in it', async (t) => {
  const demo = new HardenedContainer(image).withCommand(['demo', '--host', '0.0.0.0']).withExposedPorts(8080)
  const container = await start(t, demo.withWaitStrategy(READY))
  const evaluate = async (code: string) => (await container.exec(['node', '-p', code])).output.trim()
  const tools = Object.entries(lock.packages).flatMap(([path, { dev }]) => (dev ? [path] : []))
  t.equal(await evaluate(`${JSON.stringify(tools)}.filter((path) => fs.existsSync('/app/' + path)).join()`), '')
  t.equal(
    await evaluate("['npm', 'npx', 'corepack', 'yarn'].filter((name) => fs.existsSync('/usr/local/bin/' + name))"),
    '[]',
  )
  t.equal(await evaluate('process.getuid()'), '1000')
  t.match(await evaluate("fs.writeFileSync('/app/src/main.js', '')"), 'EROFS')
  const added = await measureImage(image)
  t.comment(`${(added / 1e6).toFixed(1)} MB above the base image`)
  t.ok(added <= MAX_ADDED_BYTES, `${added} bytes above the base image`)
})

t.test('the ledger stays on its volume when the container is replaced', async (t) => {
  const network = await new Network().start()
  t.teardown(() => network.stop())
  const workspace = new HardenedContainer(image)
    .withCommand(['simulate', '--host', '0.0.0.0'])
    .withNetwork(network)
    .withNetworkAliases('workspace')
    .withWaitStrategy(Wait.forLogMessage('Simulated workspace on'))
  await start(t, workspace)
  const volume = `job-gateway-test-${process.pid}`
  t.teardown(() => removeVolume(volume))
  const folder = writeConfig(t)

  const first = await start(t, gateway({ network, folder, volume }))
  const run = await call(urlOf(first), 'POST', '/trigger/nightly-load?key=K&p.day=2026-11-22&wait=40', 'key')
  t.match(run, { state: 'SUCCEEDED', replayed: false })
  t.comment(`ready ${await timeStart(first)} ms after the start of the container`)
  t.comment(`${((await readMemory(first)) / 2 ** 20).toFixed(0)} MB in use`)
  t.equal(await stop(first), 0)
  t.match(await readLog(first), /"event":"gateway\.draining".*"event":"gateway\.stopped"/s)

  const second = await start(t, gateway({ network, folder, volume }))
  t.match(await call(urlOf(second), 'GET', '/run?job=nightly-load&key=K', 'key'), { id: run.id, state: 'SUCCEEDED' })
  const again = await call(urlOf(second), 'POST', '/trigger/nightly-load?key=K&p.day=2026-11-22', 'key')
  t.match(again, { id: run.id, replayed: true })
})

function gateway({ network, folder, volume }: { network: StartedNetwork; folder: string; volume: string }) {
  return new HardenedContainer(image)
    .withExposedPorts(8080)
    .withNetwork(network)
    .withEnvironment({ CLIENT_SECRET: 'simulated-secret' })
    .withBindMounts([
      { source: folder, target: '/etc/job-gateway', mode: 'ro' },
      { source: volume, target: '/data' },
    ])
    .withWaitStrategy(READY)
}

/** Where the image looks for it, without a word about the ledger. */
function writeConfig(t: Test): string {
  const folder = t.testdir()
  const config = {
    server: { instance: 'image', drain_seconds: 1 },
    workspaces: {
      simulated: {
        host: 'http://workspace:8181',
        allow_http: true,
        auth: { type: 'oauth-m2m', client_id: 'simulated-client', client_secret: { env: 'CLIENT_SECRET' } },
      },
    },
    watch: { min_interval_seconds: 0.2, max_interval_seconds: 1 },
    jobs: { 'nightly-load': { job_id: '1001', parameters: { day: { type: 'date', required: true } } } },
    clients: { caller: { keys: [hashKey('key')], jobs: ['*'], permissions: ['trigger', 'read'] } },
  }
  writeFileSync(join(folder, 'gateway.yaml'), JSON.stringify(config))
  return folder
}

async function call(url: string, method: string, path: string, key: string): Promise<Answer['body']> {
  const response = await fetch(url + path, { method, headers: { 'x-api-key': key } })
  return response.json()
}
