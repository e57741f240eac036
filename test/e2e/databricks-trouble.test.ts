import t from 'tap'
import { createSimulator } from '../../src/simulator/simulator.ts'
import { type Gateway, startGateway, startSimulator, writeConfig } from '../support/gateway.ts'
import { startInProcess } from '../support/in-process.ts'
import { createSteppedClock } from '../support/stepped-clock.ts'

const RUN_NOW = '/api/2.2/jobs/run-now'
const quick = {
  job_id: '11',
  name: 'quick',
  max_concurrent_runs: 1000,
  pending_ms: 0,
  cleanup_ms: 0,
  tasks: [{ task_key: 'main', duration_ms: 50 }],
}
const jobs = { quick: { job_id: '11' } }
const server = { trigger_timeout_seconds: 0.5 }

async function seen(gateway: Gateway, id: string, isIt: (run: { message: string; state: string }) => boolean) {
  for (;;) {
    const { body } = await gateway.call('GET', `/runs/${id}`)
    if (isIt(body)) return body
  }
}

t.test('an access token that has expired, and one that was revoked: nobody notices', async (t) => {
  const simulator = await startSimulator(t, { jobs: [quick] })
  const gateway = await startGateway(t, writeConfig(t, simulator, { jobs }))
  const run = async () => (await gateway.ended((await gateway.trigger('quick')).body.id)).state
  t.equal(await run(), 'SUCCEEDED')
  simulator.advance(3_700_000)
  t.equal(await run(), 'SUCCEEDED', 'after it expired')
  simulator.revokeTokens()
  t.equal(await run(), 'SUCCEEDED', 'after it was revoked')
  t.equal(simulator.runs().length, 3)
})

t.test('a wrong client secret: runs wait, say why, and go on once it is mended', async (t) => {
  const simulator = await startSimulator(t, { jobs: [quick], credentials: { client_secret: 'rotated' } })
  const gateway = await startGateway(t, writeConfig(t, simulator, { jobs, server }))
  const { status, body } = await gateway.trigger('quick', undefined, { key: 'K' })
  t.match({ status, state: body.state }, { status: 202, state: 'SUBMITTING' })
  t.match(body.message, /credential/)
  t.equal(await gateway.metric('job_gateway_databricks_credential_refused', { workspace: 'main' }), 1)
  simulator.changeCredentials({ client_secret: 'simulated-secret' })
  t.match(await gateway.ended(body.id), { state: 'SUCCEEDED', attempt: 1 })
  t.equal(simulator.runs().length, 1)
  t.equal(await gateway.metric('job_gateway_databricks_credential_refused', { workspace: 'main' }), 0)
})

t.test('a host that is dead when triggered: accepted, and run once it is there', async (t) => {
  const dead = await createSimulator()
  const port = Number(new URL(dead.url).port)
  await dead.close()
  const gateway = await startGateway(t, writeConfig(t, dead, { jobs, server }))
  const { status, body } = await gateway.trigger('quick', undefined, { key: 'K' })
  t.match({ status, state: body.state }, { status: 202, state: 'SUBMITTING' })
  const simulator = await startSimulator(t, { port, jobs: [quick] })
  t.match(await gateway.ended(body.id), { state: 'SUCCEEDED' })
  t.equal(simulator.runs().length, 1)
})

t.test('a login page with status 200 instead of an answer: patience, and no second run', async (t) => {
  const simulator = await startSimulator(t, { jobs: [quick] })
  const page = '<!doctype html><html><head><title>Sign in</title></head></html>'
  simulator.addFault({
    path: RUN_NOW,
    when: 'after',
    times: 3,
    status: 200,
    headers: { 'content-type': 'text/html' },
    body: page,
  })
  const gateway = await startGateway(t, writeConfig(t, simulator, { jobs, server }))
  const { body } = await gateway.trigger('quick', undefined, { key: 'K' })
  t.equal(body.state, 'SUBMITTING')
  t.notMatch(body.message, /</, 'no markup')
  t.match(await gateway.ended(body.id), { state: 'SUCCEEDED' })
  t.equal(simulator.runs().length, 1)
})

t.test('a clear refusal ends the run as rejected, with the documented error', async (t) => {
  const simulator = await startSimulator(t, {
    jobs: [quick, { ...quick, job_id: '12', name: 'forbidden', can_run: false }],
  })
  const gateway = await startGateway(
    t,
    writeConfig(t, simulator, {
      jobs: { gone: { job_id: '99', rerun_min_seconds: 0 }, forbidden: { job_id: '12' }, quick: { job_id: '11' } },
    }),
  )
  const gone = await gateway.trigger('gone', undefined, { key: 'K' })
  t.match(gone, { status: 502, body: { code: 'databricks-job-missing', state: 'REJECTED', retryable: false } })
  t.match(gone.body.detail, /Job 99 does not exist/i)
  t.match(await gateway.trigger('forbidden'), { status: 502, body: { code: 'databricks-denied', state: 'REJECTED' } })
  simulator.addFault({
    path: RUN_NOW,
    status: 400,
    body: { error_code: 'INVALID_PARAMETER_VALUE', message: 'no such parameter' },
  })
  t.match(await gateway.trigger('quick'), { status: 422, body: { code: 'databricks-refused', state: 'REJECTED' } })

  simulator.defineJob({ ...quick, job_id: '99', name: 'gone' })
  const again = await gateway.trigger('gone', undefined, { key: 'K' })
  t.match(again.body, { id: gone.body.id, attempt: 2 }, 'what never ran is started again under every policy')
  t.match(await gateway.ended(gone.body.id), { state: 'SUCCEEDED' })
})

t.test('watching through an outage: the last known state, then the ending', async (t) => {
  const simulator = await startSimulator(t, { jobs: [{ ...quick, tasks: [{ task_key: 'main', duration_ms: 500 }] }] })
  const gateway = await startGateway(t, writeConfig(t, simulator, { jobs }))
  const { body } = await gateway.trigger('quick')
  await seen(gateway, body.id, ({ state }) => state === 'RUNNING')
  simulator.addFault({
    path: '/api/2.2/jobs/runs/get',
    times: 3,
    status: 403,
    body: { error_code: 'PERMISSION_DENIED', message: 'no' },
  })
  simulator.addFault({ path: '/api/2.2/jobs/runs/get', times: 3, drop: true })
  t.match(await gateway.ended(body.id), { state: 'SUCCEEDED' })
})

t.test('values that nobody has seen yet are counted and taken as running', async (t) => {
  const simulator = await startSimulator(t, {
    jobs: [quick],
    options: { renamed_values: { RUNNING: 'LEVITATING', SUCCESS: 'TRIUMPH' } },
  })
  const gateway = await startGateway(t, writeConfig(t, simulator, { jobs: { quick: { job_id: '11' } } }))
  const { body } = await gateway.trigger('quick')
  simulator.setOptions({ renamed_values: {} })
  t.match(await gateway.ended(body.id), { state: 'SUCCEEDED' })
})

t.test(
  'the reason of a failure that cannot be had at once is told later; the ending does not wait for it',
  async (t) => {
    const clock = createSteppedClock(Date.UTC(2026, 10, 22))
    const failing = {
      ...quick,
      tasks: [{ task_key: 'load', duration_ms: 50, outcome: 'FAILED', error: 'Boom: no table' }],
    }
    const { call, simulator } = await startInProcess(t, {
      clock,
      workspace: { jobs: [failing] },
      jobs,
      clients: { a: {} },
    })
    simulator.addFault({
      path: '/api/2.2/jobs/runs/get-output',
      times: 2,
      status: 500,
      body: { error_code: 'INTERNAL_ERROR', message: 'x' },
    })
    const { id } = (await call('a', 'POST', '/trigger/quick')).body
    const until = async (isIt: (run: { done: boolean; message: string }) => boolean) => {
      for (;;) {
        const { body } = await call('a', 'GET', `/runs/${id}`)
        if (isIt(body)) return body
        clock.advance(2_000)
        while (!clock.isAtRest()) await new Promise(setImmediate)
      }
    }
    const ended = await until(({ done }) => done)
    t.match(ended, { state: 'FAILED', failure: { task_key: 'load', cause: 'user_code' } })
    t.notMatch(ended.message, /Boom/)
    const told = await until(({ message }) => message.includes('Boom'))
    t.match(told, { state: 'FAILED', failure: { message: 'load: Boom: no table' }, finished_at: ended.finished_at })
  },
)
