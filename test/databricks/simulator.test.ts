import t, { type Test } from 'tap'
import { stringifyWithIds } from '../../src/databricks/json.ts'
import { createSimulator, type SimulatorSettings } from '../../src/simulator/simulator.ts'
import { soon, startClient } from './support/test-client.ts'

const RUN_NOW = '/api/2.2/jobs/run-now'

/** Without jitter a retry comes at once. */
async function start(test: Test, settings: SimulatorSettings = {}) {
  const simulator = await createSimulator(settings)
  test.teardown(() => simulator.close())
  const { client_id, client_secret } = simulator.credentials
  const auth = { type: 'oauth-m2m', client_id, client_secret: () => client_secret } as const
  return { simulator, client: startClient(test, { host: simulator.url, auth }) }
}

function order(jobId: string, token: string): string {
  return stringifyWithIds({ job_id: jobId }, { idempotency_token: token, queue: { enabled: true } })
}

t.test('a run from start to end, with ids above 2^53', async (t) => {
  const { simulator, client } = await start(t, { options: { ids: 'large' } })
  const tasks = Array.from({ length: 120 }, (_, n) => ({
    task_key: `task-${n}`,
    outcome: n === 7 ? 'failed' : 'success',
  }))
  const jobId = simulator.defineJob({ name: 'wide', tasks })
  const submission = await client.runNow(order(jobId, 'a'), soon())
  t.equal(submission.kind, 'taken')
  const runId = 'runId' in submission ? submission.runId : ''
  t.ok(BigInt(runId) > 2n ** 53n, runId)

  simulator.advance(3_600_000)
  const run = await client.getRun(runId, soon())
  t.match(run, { run_id: runId, job_id: jobId, state: { life_cycle_state: 'INTERNAL_ERROR', result_state: 'FAILED' } })
  t.equal(run.tasks?.length, 120)
  const failed = run.tasks?.find(({ task_key }) => task_key === 'task-7')
  t.type((await client.getOutput(failed?.run_id ?? '', soon())).error, 'string')
  await t.rejects(client.getOutput(runId, soon()), { kind: 'refused', status: 400, message: /multiple tasks/ })

  const { repairId } = await client.repairRun(stringifyWithIds({ run_id: runId }, { rerun_tasks: ['task-7'] }), soon())
  const repaired = await client.getRun(runId, { ...soon(), includeHistory: true })
  t.equal(repaired.repair_history?.at(-1)?.id, repairId)
  await client.cancelRun(runId, soon())

  t.match(await client.listRuns({ jobId }, soon()), { runs: [{ run_id: runId }] })
  t.equal((await client.getJob(jobId, soon())).settings?.tasks?.length, 120)
  t.match(await client.listJobs({ name: 'wide' }, soon()), [{ job_id: jobId }])
})

t.test('what does not exist and what is not allowed', async (t) => {
  const { simulator, client } = await start(t)
  const closed = simulator.defineJob({ name: 'closed', tasks: [{ task_key: 'a' }], can_run: false })
  t.match(await client.runNow(order('12345', 'a'), soon()), { kind: 'not_taken', error: { kind: 'missing' } })
  t.match(await client.runNow(order(closed, 'a'), soon()), { kind: 'not_taken', tries: 2, error: { kind: 'denied' } })
  await t.rejects(client.getRun('12345', soon()), { kind: 'missing', message: /does not exist/ })
})

t.test('replies lost after the workspace acted, outages and throttling: each token starts one run', async (t) => {
  const { simulator, client } = await start(t, { options: { ids: 'large' } })
  const jobId = simulator.defineJob({ name: 'job', tasks: [{ task_key: 'a' }], max_concurrent_runs: 1000 })
  simulator.addFault({ path: RUN_NOW, when: 'after', drop: true, times: null, probability: 0.05, seed: 1 })
  simulator.addFault({ path: RUN_NOW, when: 'after', half: true, times: null, probability: 0.05, seed: 2 })
  simulator.addFault({
    path: RUN_NOW,
    status: 503,
    headers: { 'retry-after': '0' },
    times: null,
    probability: 0.05,
    seed: 3,
  })
  simulator.addFault({
    path: RUN_NOW,
    status: 429,
    headers: { 'retry-after': '0' },
    times: null,
    probability: 0.05,
    seed: 4,
  })
  const submissions = await Promise.all(
    Array.from({ length: 200 }, (_, n) => client.runNow(order(jobId, `token-${n % 20}`), soon())),
  )
  t.strictSame(new Set(submissions.map(({ kind }) => kind)), new Set(['taken']))
  const ids = new Set(submissions.map((submission) => 'runId' in submission && submission.runId))
  t.equal(ids.size, 20)
  t.equal(simulator.runs().length, 20)
})

t.test('expired, revoked and refused credentials', async (t) => {
  const { simulator, client } = await start(t)
  const jobId = simulator.defineJob({ name: 'job', tasks: [{ task_key: 'a' }] })
  await client.getJob(jobId, soon())
  simulator.revokeTokens()
  t.match(await client.getJob(jobId, soon()), { job_id: jobId }, 'revoked: fetched anew')
  simulator.advance(7_200_000)
  t.match(await client.getJob(jobId, soon()), { job_id: jobId }, 'expired by its clock: fetched anew')
  simulator.changeCredentials({ client_secret: 'rotated' })
  simulator.revokeTokens()
  const submission = await client.runNow(order(jobId, 'a'), soon())
  t.match(submission, { kind: 'not_taken', error: { kind: 'credential', errorCode: 'invalid_client', sent: false } })
  t.equal(simulator.runs().length, 0)
})
