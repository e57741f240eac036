import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { type GatewaySettings, startGateway, startSimulator, writeConfig } from '../support/gateway.ts'

t.jobs = 2

/** A gateway in front of a job that goes on until the workspace's time is moved. */
async function start(t: Test, server: GatewaySettings['server'] = {}) {
  const job = { pending_ms: 0, cleanup_ms: 0, max_concurrent_runs: 1000 }
  const simulator = await startSimulator(t, {
    jobs: [
      { ...job, job_id: '11', name: 'quick', tasks: [{ task_key: 'main', duration_ms: 0 }] },
      { ...job, job_id: '12', name: 'slow', tasks: [{ task_key: 'main', duration_ms: 3_600_000 }] },
    ],
  })
  const config = writeConfig(t, simulator, { server, jobs: { quick: { job_id: '11' }, slow: { job_id: '12' } } })
  return { simulator, config, gateway: await startGateway(t, config) }
}

async function until(isIt: () => boolean | Promise<boolean>) {
  while (!(await isIt())) await setTimeout(10)
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`${signal}: drained, waits ended with what is known, exit 0; a restart goes on`, async (t) => {
    const { simulator, config, gateway } = await start(t, { drain_seconds: 1 })
    const waiting = gateway.trigger('slow', undefined, { key: 'SLOW', headers: { prefer: 'wait=45' } })
    await until(() => simulator.runs().length === 1)
    const awaiting = gateway.call('GET', '/await?job=slow&key=SLOW&wait=45')
    await until(async () => (await gateway.metric('job_gateway_waiters')) === 2)
    gateway.signal(signal)
    await gateway.logged('gateway.draining')

    const ready = await gateway.call('GET', '/readyz')
    t.match(ready, { status: 503, body: { status: 'draining' } })
    t.equal(ready.headers.get('connection'), 'close')
    for (const [method, path, status] of [
      ['GET', '/livez', 200],
      ['GET', '/run?job=slow&key=SLOW', 200],
      ['POST', '/trigger/quick', 202],
    ] as const) {
      const answer = await gateway.call(method, path)
      t.equal(answer.status, status, `${path} is still served`)
      t.equal(answer.headers.get('connection'), 'close')
    }
    const ended = await waiting
    t.match(ended, { status: 202, body: { state: 'RUNNING', done: false, result: '' } }, 'a trigger that waited')
    t.equal(ended.headers.get('connection'), 'close')
    t.match(await awaiting, { status: 202, body: { id: ended.body.id, state: 'RUNNING' } }, 'an await')
    t.equal(await gateway.exited, 0)
    t.match(gateway.lines().at(-1), { event: 'gateway.stopped' })
    t.equal(gateway.stderr(), '')
    t.same(readdirSync(join(dirname(config), 'data')), ['runs.db'], 'the ledger is closed: nothing is left beside it')

    const again = await startGateway(t, config)
    t.match(await again.call('GET', '/run?job=slow&key=SLOW'), { body: { id: ended.body.id, state: 'RUNNING' } })
    simulator.advance(3_600_000)
    t.match(await again.ended(ended.body.id), { state: 'SUCCEEDED', attempt: 1 })
    t.equal(await again.metric('job_gateway_runs_finished_total', { job: 'slow', state: 'SUCCEEDED' }), 1)
    t.equal(simulator.runs().length, 2, 'the slow one and the quick one, once each')
  })
}

t.test('a second signal ends the process at once, and the next one goes on', async (t) => {
  const { simulator, config, gateway } = await start(t, { drain_seconds: 3600 })
  const { body } = await gateway.trigger('slow')
  gateway.signal('SIGTERM')
  await gateway.logged('gateway.draining')
  gateway.signal('SIGTERM')
  t.equal(await gateway.exited, 1)
  simulator.advance(3_600_000)
  t.match(await (await startGateway(t, config)).ended(body.id), { state: 'SUCCEEDED' })
})

t.test('a trigger under way gets its answer', async (t) => {
  const { simulator, gateway } = await start(t)
  simulator.addFault({ path: '/api/2.2/jobs/run-now', delay_ms: 1_000 })
  const triggering = gateway.trigger('quick', undefined, { key: 'K' })
  await until(() => simulator.runs().length === 1)
  gateway.signal('SIGTERM')
  const { status, headers, body } = await triggering
  t.match({ status, body }, { status: 202, body: { databricks_run_id: simulator.runs()[0]?.run_id } })
  t.equal(headers.get('connection'), 'close', 'or the idle connection would hold up the end')
  t.equal(await gateway.exited, 0)
})

t.test('whoever sends half a request, or nothing, holds nothing up', async (t) => {
  const { gateway } = await start(t, { trigger_timeout_seconds: 0.1 })
  for (const [url, bytes] of [
    [gateway.url, ''],
    [gateway.url, 'GET /livez HTTP/1.1\r\nHost: a\r\n'],
    [gateway.url, 'POST /trigger/quick HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{'],
    [gateway.metricsUrl, 'GET /metrics HTTP/1.1\r\n'],
  ] as const) {
    const { port, hostname } = new URL(url)
    const socket = connect(Number(port), hostname)
    t.teardown(() => socket.destroy())
    await once(socket, 'connect')
    socket.write(bytes)
  }
  t.match(await gateway.call('GET', '/livez'), { status: 200 })
  gateway.signal('SIGTERM')
  t.equal(await gateway.exited, 0)
})
