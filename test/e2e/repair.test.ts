import t from 'tap'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { startGateway, startSimulator, writeConfig } from '../support/gateway.ts'

const REPAIR = '/api/2.2/jobs/runs/repair'

/** Fails in its second task the first time, and ends well when that is repaired. */
const flaky = {
  job_id: '11',
  name: 'flaky',
  pending_ms: 0,
  cleanup_ms: 0,
  parameters: [{ name: 'day', default: 'x' }],
  tasks: [
    { task_key: 'extract', duration_ms: 50, notebook_exit: '{"rows": 42}' },
    {
      task_key: 'load',
      depends_on: [{ task_key: 'extract' }],
      duration_ms: 50,
      attempts: ['failed', 'success'],
      error: 'boom',
      error_trace: '\u001b[31mTraceback\u001b[0m\n  line 1',
    },
  ],
}
const jobs = { flaky: { job_id: '11', rerun_min_seconds: 0, parameters: { day: {} } } }
const body = { parameters: { day: '2026-11-22' } }

const repairs = (simulator: Simulator) => simulator.counts()[`POST ${REPAIR}`] ?? 0

/** Repairs the run as a person does in Databricks. */
async function repairByHand(simulator: Simulator, runId: string) {
  const response = await fetch(simulator.url + REPAIR, {
    method: 'POST',
    headers: { authorization: `Bearer ${simulator.credentials.token}` },
    body: `{"run_id":${runId},"rerun_all_failed_tasks":true}`,
  })
  if (!response.ok) throw new Error(await response.text())
}

t.test('what failed is repaired in the same run, with its parameters', async (t) => {
  const simulator = await startSimulator(t, { jobs: [flaky] })
  const gateway = await startGateway(t, writeConfig(t, simulator, { jobs }))
  const triggered = await gateway.trigger('flaky', body, { key: 'K' })
  const failed = await gateway.ended(triggered.body.id)
  t.match(failed, {
    state: 'FAILED',
    attempt: 1,
    failure: { task_key: 'load', repairable: true, message: 'load: boom' },
  })

  const repaired = await gateway.call('POST', `/runs/${failed.id}/repair?wait=30&outcome=http`)
  t.match(repaired, {
    status: 200,
    body: { id: failed.id, state: 'SUCCEEDED', attempt: 2, databricks_run_id: failed.databricks_run_id },
  })
  const sent = simulator.calls().find(({ path }) => path === REPAIR)?.body ?? ''
  t.match(sent, '"job_parameters":{"day":"2026-11-22"}')
  const { attempts } = (await gateway.call('GET', `/runs/${failed.id}?include=attempts`)).body
  t.match(attempts, [
    { kind: 'first', state: 'FAILED' },
    { kind: 'repair', state: 'SUCCEEDED' },
  ])
  t.match(await gateway.call('POST', `/runs/${failed.id}/repair`), {
    status: 422,
    body: { code: 'run-not-repairable', state: 'SUCCEEDED' },
  })
})

t.test('a lost answer to a repair, and a second press meanwhile: one repair', async (t) => {
  const simulator = await startSimulator(t, { jobs: [flaky] })
  const gateway = await startGateway(t, writeConfig(t, simulator, { jobs }))
  const { id } = (await gateway.trigger('flaky', body, { key: 'K' })).body
  await gateway.ended(id)
  simulator.addFault({ path: REPAIR, when: 'after', drop: true })
  const presses = await Promise.all([1, 2, 3].map(() => gateway.call('POST', `/runs/${id}/repair`)))
  t.same(
    presses.map(({ body }) => body.attempt),
    [2, 2, 2],
  )
  t.match(await gateway.ended(id), { state: 'SUCCEEDED', attempt: 2 })
  t.equal(repairs(simulator), 1)
})

t.test('rerun=repair under the same key; what cannot be repaired is run anew', async (t) => {
  const simulator = await startSimulator(t, { jobs: [flaky] })
  const gateway = await startGateway(t, writeConfig(t, simulator, { jobs }))
  const call = () => gateway.call('POST', '/trigger/flaky?key=K&rerun=repair&wait=30', { body })
  t.match((await call()).body, { state: 'FAILED', attempt: 1 })
  t.match((await call()).body, { state: 'SUCCEEDED', attempt: 2 })
  t.equal(repairs(simulator), 1)

  const second = () => gateway.call('POST', '/trigger/flaky?key=L&rerun=repair&wait=30', { body })
  t.match((await second()).body, { state: 'FAILED' })
  simulator.addFault({
    path: REPAIR,
    status: 400,
    body: { error_code: 'INVALID_STATE', message: 'cannot be repaired' },
  })
  t.match((await second()).body, { state: 'FAILED', attempt: 3 }, 'the refused repair was attempt 2')
  t.equal(simulator.runs().length, 3)
})

t.test('somebody presses Repair in Databricks: the rerun takes that over', async (t) => {
  const simulator = await startSimulator(t, { jobs: [flaky] })
  const gateway = await startGateway(t, writeConfig(t, simulator, { jobs }))
  const first = await gateway.call('POST', '/trigger/flaky?key=K&rerun=new&wait=30', { body })
  t.equal(first.body.state, 'FAILED')
  await repairByHand(simulator, first.body.databricks_run_id)
  const again = await gateway.call('POST', '/trigger/flaky?key=K&rerun=new&wait=30', { body })
  t.match(again.body, { id: first.body.id, state: 'SUCCEEDED', attempt: 1, replayed: true })
  t.equal(simulator.runs().length, 1, 'no second run')
})

t.test('refresh takes a run up again that somebody repairs in Databricks', async (t) => {
  const simulator = await startSimulator(t, { jobs: [flaky] })
  const gateway = await startGateway(t, writeConfig(t, simulator, { jobs }))
  const { id } = (await gateway.trigger('flaky', body)).body
  const failed = await gateway.ended(id)
  const refresh = () => gateway.call('POST', `/runs/${id}/refresh`)
  t.match(await refresh(), { status: 200, body: { state: 'FAILED', attempt: 1 } }, 'nothing new')
  await repairByHand(simulator, failed.databricks_run_id)
  t.not((await refresh()).body.state, 'FAILED')
  t.match(await gateway.ended(id), { state: 'SUCCEEDED', attempt: 1 })
})

t.test('concurrent reruns of one failed key start one new attempt', async (t) => {
  const simulator = await startSimulator(t, { jobs: [flaky] })
  const gateway = await startGateway(t, writeConfig(t, simulator, { jobs }))
  const call = (rerunId: number) => gateway.call('POST', `/trigger/flaky?key=K&rerun=new&rerun_id=${rerunId}`, { body })
  const { id } = (await call(1)).body
  await gateway.ended(id)
  const reruns = await Promise.all([2, 2, 3, 4, 5].map(call))
  t.same(new Set(reruns.map(({ body }) => body.attempt)), new Set([2]))
  await gateway.ended(id)
  t.equal(simulator.runs().length, 2)
})

t.test('the output of each task, without colours, for programs and for a job log', async (t) => {
  const simulator = await startSimulator(t, { jobs: [flaky] })
  const clients = { other: { permissions: ['read'] } }
  const gateway = await startGateway(t, writeConfig(t, simulator, { jobs, clients }))
  const { id } = (await gateway.trigger('flaky', body, { key: 'K' })).body
  await gateway.ended(id)

  const output = await gateway.call('GET', `/runs/${id}/output`)
  t.match(output, { status: 200, body: { id, state: 'FAILED', attempt: 1 } })
  t.match(output.body.tasks, [
    { task_key: 'extract', notebook_exit: '{"rows": 42}', error: null },
    { task_key: 'load', error: 'boom', error_trace: 'Traceback\n  line 1', unreadable: null },
  ])
  const reads = () => simulator.counts()['GET /api/2.2/jobs/runs/get-output']
  const before = reads()
  const text = await gateway.call('GET', `/runs/${id}/output?format=text&task=load`)
  t.match(text.text, /^task load: FAILED: boom\n {2}Traceback\n {4}line 1$/m)
  t.equal(reads(), before, 'kept: Databricks is not asked again')
  t.match(await gateway.call('GET', `/runs/${id}/output?task=nope`), { status: 400, body: { code: 'invalid-request' } })
  t.match(await gateway.call('GET', `/runs/${id}/output`, { client: 'other' }), { status: 403 })
  t.match((await gateway.call('GET', `/runs/${id}?include=output`)).body.output, /task load: FAILED: boom/)
  t.match(await gateway.call('GET', `/runs/${id}?include=output`, { client: 'other' }), {
    status: 403,
    body: { code: 'forbidden' },
  })
})

t.test('a dry run says what would happen, and starts nothing', async (t) => {
  const simulator = await startSimulator(t, { jobs: [flaky] })
  const gateway = await startGateway(t, writeConfig(t, simulator, { jobs: { ...jobs, gone: { job_id: '99' } } }))
  const dry = () => gateway.call('POST', '/trigger/flaky?key=K&dry_run=true', { body })
  t.match(await dry(), {
    status: 200,
    body: { dry_run: true, would: 'start', run_id: null, parameters: body.parameters },
  })
  t.equal(simulator.runs().length, 0)
  const { id } = (await gateway.trigger('flaky', body, { key: 'K' })).body
  await gateway.ended(id)
  t.match((await dry()).body, { would: 'replay', run_id: id })
  t.match(await gateway.call('POST', '/trigger/gone?dry_run=true'), {
    status: 502,
    body: { code: 'databricks-job-missing' },
  })
  t.equal(simulator.runs().length, 1)
})
