import t from 'tap'
import { createSimulator } from '../../src/simulator/simulator.ts'
import { startGateway, startSimulator, writeConfig } from '../support/gateway.ts'

const slow = {
  job_id: '11',
  name: 'slow',
  pending_ms: 0,
  cleanup_ms: 0,
  tasks: [{ task_key: 'main', duration_ms: 600_000 }],
}
const quick = { ...slow, job_id: '12', name: 'quick', tasks: [{ task_key: 'main', duration_ms: 50 }] }
const jobs = { slow: { job_id: '11' }, quick: { job_id: '12' } }
const RUN_NOW = '/api/2.2/jobs/run-now'
const CANCEL = '/api/2.2/jobs/runs/cancel'

t.test('a run is canceled by its id, by DELETE and by its key; the proof is waited for', async (t) => {
  const simulator = await startSimulator(t, { jobs: [slow, quick] })
  const gateway = await startGateway(t, writeConfig(t, simulator, { jobs }))
  const ways: ((id: string, key: string) => [method: string, path: string, form?: string])[] = [
    (id) => ['POST', `/runs/${id}/cancel?wait=20&ref=MORNING/7`],
    (id) => ['DELETE', `/runs/${id}?wait=20&ref=MORNING/7`],
    (_id, key) => ['POST', `/cancel?job=slow&key=${key}&wait=20&ref=MORNING/7`],
    (_id, key) => ['POST', '/cancel?wait=20', `job=slow&key=${key}&ref=MORNING/7`],
  ]
  const cancel = (method: string, path: string, form?: string) =>
    form === undefined
      ? gateway.call(method, path)
      : gateway.call(method, path, { body: form, headers: { 'content-type': 'application/x-www-form-urlencoded' } })
  for (const [i, way] of ways.entries()) {
    const { body } = await gateway.trigger('slow', undefined, { key: `K-${i}` })
    const canceled = await cancel(...way(body.id, `K-${i}`))
    t.match(canceled, {
      status: 200,
      body: { id: body.id, state: 'CANCELED', result: 'KO', cancel: { client: 'control-m', ref: 'MORNING/7' } },
    })
    t.match(canceled.body.failure, {
      cause: 'canceled',
      message: 'Canceled by control-m (MORNING/7) through the gateway.',
    })
  }
  t.equal(await gateway.metric('job_gateway_cancels_total', { job: 'slow', result: 'over' }), 4)

  const { body } = await gateway.trigger('quick', undefined, { key: 'Q' })
  await gateway.ended(body.id)
  const late = await gateway.call('POST', `/runs/${body.id}/cancel`)
  t.match(late, { status: 200, body: { state: 'SUCCEEDED', message: 'It was already over, and had ended well.' } })
})

t.test('runs of other clients are canceled by an admin only', async (t) => {
  const simulator = await startSimulator(t, { jobs: [slow] })
  const clients = { other: { permissions: ['read', 'cancel'] } }
  const gateway = await startGateway(t, writeConfig(t, simulator, { jobs: { slow: { job_id: '11' } }, clients }))
  const { body } = await gateway.trigger('slow')
  const refused = await gateway.call('POST', `/runs/${body.id}/cancel`, { client: 'other' })
  t.match(refused, { status: 403, body: { code: 'forbidden', id: body.id } })
  t.equal((await gateway.call('GET', `/runs/${body.id}`)).body.cancel, null)
})

t.test('a cancel outlives an outage and a kill -9', async (t) => {
  const simulator = await startSimulator(t, { jobs: [slow] })
  const config = writeConfig(t, simulator, { jobs })
  const first = await startGateway(t, config)
  const { body } = await first.trigger('slow')
  simulator.addFault({ path: CANCEL, times: null, drop: true })
  t.match(await first.call('POST', `/runs/${body.id}/cancel`), {
    status: 202,
    body: { done: false, cancel: { sent_at: null } },
  })
  first.signal('SIGKILL')
  await first.exited
  simulator.clearFaults()
  const second = await startGateway(t, config)
  t.match(await second.ended(body.id), { state: 'CANCELED', cancel: { client: 'control-m' } })
})

t.test('what never left the gateway is canceled at once, and never starts', async (t) => {
  const dead = await createSimulator()
  const port = Number(new URL(dead.url).port)
  await dead.close()
  const gateway = await startGateway(t, writeConfig(t, dead, { jobs, server: { trigger_timeout_seconds: 0.5 } }))
  const { body } = await gateway.trigger('slow', undefined, { key: 'K' })
  t.equal(body.state, 'SUBMITTING')
  const canceled = await gateway.call('POST', '/cancel?job=slow&key=K&wait=20')
  t.match(canceled, { status: 200, body: { state: 'CANCELED', databricks_run_id: null } })
  const simulator = await startSimulator(t, { port, jobs: [slow, quick] })
  await gateway.ended((await gateway.trigger('quick')).body.id)
  t.same(
    simulator.runs().map((run) => run.job_id),
    ['12'],
    'only the later run was started',
  )
})

t.test('a start that may have happened is found, and then canceled', async (t) => {
  const simulator = await startSimulator(t, { jobs: [slow] })
  simulator.addFault({ path: RUN_NOW, when: 'after', drop: true })
  const blocked = simulator.addFault({ path: '/api/*', status: 503, times: null })
  const gateway = await startGateway(t, writeConfig(t, simulator, { jobs, server: { trigger_timeout_seconds: 0.5 } }))
  const { body } = await gateway.trigger('slow')
  t.match(await gateway.call('POST', `/runs/${body.id}/cancel`), { status: 202, body: { state: 'SUBMITTING' } })
  simulator.clearFaults(blocked)
  t.match(await gateway.ended(body.id), { state: 'CANCELED' })
  t.equal(simulator.runs().length, 1, 'there is one run, and it is canceled')
})
