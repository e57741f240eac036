import t from 'tap'
import { type Gateway, startGateway, startSimulator, writeConfig } from '../support/gateway.ts'

const job = (job_id: string, duration_ms: number) => ({
  ...{ job_id, name: `job-${job_id}`, max_concurrent_runs: 1000, pending_ms: 0, cleanup_ms: 0 },
  tasks: [{ task_key: 'main', duration_ms }],
})
const JOBS = { load: { job_id: '11' }, report: { job_id: '12' }, long: { job_id: '13' } }
const RATE = 20
const HELD = 30

const admin = (gateway: Gateway, action: 'pause' | 'resume', body: object = {}) =>
  gateway.call('POST', `/admin/${action}`, { client: 'other', body })

t.test('everything is held through a kill, and goes on in order', async (t) => {
  const simulator = await startSimulator(t, { jobs: [job('11', 0), job('12', 0), job('13', 2_000)] })
  const file = writeConfig(t, simulator, {
    jobs: JOBS,
    clients: { other: { permissions: ['admin', 'read', 'trigger'] } },
    workspace: { budget: { run_now: RATE } },
  })
  const first = await startGateway(t, file)
  const ended = (await first.trigger('load', undefined, { key: 'BEFORE', headers: { prefer: 'wait=30' } })).body
  const running = (await first.trigger('long')).body

  t.match(await admin(first, 'pause', { message: 'Databricks is upgraded.' }), { status: 200, body: { scope: 'all' } })
  const accepted = []
  for (let n = 0; n < HELD; n++) {
    const { status, body } = await first.trigger('load', undefined, { key: `K-${n}` })
    t.match({ status, body }, { status: 202, body: { state: 'SUBMITTING', databricks_run_id: null } })
    accepted.push(body)
  }
  const held = accepted[0]
  t.equal(held.message, 'Accepted here; paused by other until it is resumed: Databricks is upgraded.')
  const canceled = (await first.trigger('report')).body

  const waited = await first.call('POST', '/trigger/report?key=W&wait=1&outcome=http&pending=error')
  t.match(waited, { status: 425, body: { state: 'SUBMITTING', message: /Databricks is upgraded/ } })
  t.match((await first.trigger('load', undefined, { key: 'K-0' })).body, { id: held.id, replayed: true }, 'attach')
  t.match(
    (await first.trigger('load', undefined, { key: 'BEFORE' })).body,
    { id: ended.id, state: 'SUCCEEDED' },
    'replay',
  )
  const cancel = await first.call('POST', `/runs/${canceled.id}/cancel`)
  t.match(cancel, { status: 200, body: { state: 'CANCELED', databricks_run_id: null } })
  t.match(await first.ended(running.id), { state: 'SUCCEEDED' }, 'what runs, runs on')

  first.signal('SIGKILL')
  await first.exited
  const gateway = await startGateway(t, file)
  t.match((await gateway.trigger('load', undefined, { key: 'LAST' })).body, { state: 'SUBMITTING', message: /paused/ })
  const metric = (name: string, labels?: Record<string, string>) => gateway.metric(`job_gateway_${name}`, labels)
  t.ok(await metric('pause_started_timestamp_seconds', { scope: 'all' }))
  t.equal(await metric('submitting_oldest_age_seconds', { workspace: 'main' }), 0)
  t.equal(simulator.runs().length, 2, 'nothing was started meanwhile')

  t.match(await admin(gateway, 'resume'), { status: 200, body: { ended: { scope: 'all' }, pauses: [] } })
  const last = (await gateway.call('GET', '/run?job=load&key=LAST')).body
  const done = await Promise.all([...accepted, last].map(({ id }) => gateway.ended(id)))
  t.same([...new Set(done.map(({ state }) => state))], ['SUCCEEDED'])
  t.match(await gateway.ended(waited.body.id), { state: 'SUCCEEDED' })
  const runs = simulator.runs()
  t.equal(runs.length, 2 + HELD + 2, 'each once, the canceled one never')
  const order = new Map(runs.map((run, index) => [run.run_id, index]))
  const places = done.map((run) => order.get(run.databricks_run_id) ?? 0)
  // As many wait for their turn together.
  const jumps = places.filter((place, index) => place < Math.max(...places.slice(0, index), 0) - RATE)
  t.same(jumps, [], `first come, first served: ${places}`)
  t.equal(gateway.lines().filter(({ event }) => event === 'run.submitting').length, 0, 'no run hung')
})

t.test('a pause of one job, and one of a workspace that ends by itself', async (t) => {
  const simulator = await startSimulator(t, { jobs: [job('11', 0), job('12', 0)] })
  const file = writeConfig(t, simulator, {
    jobs: {
      load: { job_id: '11', workspace: 'main' },
      report: { job_id: '12', workspace: 'main' },
      elsewhere: { job_id: '11', workspace: 'spare' },
    },
    clients: { other: { permissions: ['admin', 'read', 'trigger'] } },
    workspaces: {
      spare: {
        host: simulator.url,
        auth: { type: 'oauth-m2m', client_id: 'simulated-client', client_secret: { env: 'TEST_CLIENT_SECRET' } },
      },
    },
  })
  const gateway = await startGateway(t, file)
  await admin(gateway, 'pause', { job: 'load', message: 'Reload of the source.' })
  const held = (await gateway.trigger('load')).body
  t.match(held, { state: 'SUBMITTING', message: /Reload of the source/ })
  t.match(await gateway.ended((await gateway.trigger('report')).body.id), { state: 'SUCCEEDED' })

  const until = new Date(Date.now() + 1_500).toISOString()
  t.match(await admin(gateway, 'pause', { workspace: 'main', until }), { status: 200, body: { until } })
  const waits = (await gateway.call('POST', '/trigger/report?start_within=1')).body
  t.match(waits, { state: 'SUBMITTING', message: `Accepted here; paused by other until ${until}.` })
  t.match(await gateway.ended((await gateway.trigger('elsewhere')).body.id), { state: 'SUCCEEDED' })
  t.match(await gateway.ended(waits.id), { state: 'SUCCEEDED' }, 'the pause did not cost its time')
  t.match((await gateway.call('GET', `/runs/${held.id}`)).body, {
    state: 'SUBMITTING',
    message: /Reload of the source/,
  })
  await admin(gateway, 'resume', { job: 'load' })
  t.match(await gateway.ended(held.id), { state: 'SUCCEEDED' })
})
