import t, { type Test } from 'tap'
import type { Fault } from '../../src/simulator/faults.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { type Gateway, startGateway, startSimulator, writeConfig } from '../support/gateway.ts'

const OUTCOMES = ['success', 'FAILED', 'success', 'TIMEDOUT'] as const
const STATES = { SUCCESS: 'SUCCEEDED', FAILED: 'FAILED', TIMEDOUT: 'TIMED_OUT' }
const JOBS = ['11', '12', '13']
const RUNS_EACH = 30
const GET = 'GET /api/2.2/jobs/runs/get'
const LIST = 'GET /api/2.2/jobs/runs/list'

const upstream = (job_id: string) => ({
  job_id,
  name: `job ${job_id}`,
  max_concurrent_runs: 1000,
  pending_ms: 200,
  cleanup_ms: 0,
  tasks: [{ task_key: 'main', duration_ms: [2_500, 3_000, 3_500, 4_000], outcome: [...OUTCOMES] }],
})

/** Runs of three jobs, started at once and watched to their ends. */
async function runAll(t: Test, faults: Fault[] = [], foreign = 0): Promise<{ gateway: Gateway; simulator: Simulator }> {
  const simulator = await startSimulator(t, { jobs: JOBS.map(upstream) })
  const jobs = Object.fromEntries(JOBS.map((job_id) => [`job-${job_id}`, { job_id }]))
  const gateway = await startGateway(
    t,
    writeConfig(t, simulator, { jobs, watch: { min_interval_seconds: 0.2, max_interval_seconds: 1 } }),
  )
  for (const fault of faults) simulator.addFault(fault)
  const authorization = `Bearer ${simulator.credentials.token}`
  const startForeign = (job_id: string) =>
    fetch(`${simulator.url}/api/2.2/jobs/run-now`, {
      method: 'POST',
      headers: { authorization },
      body: JSON.stringify({ job_id: Number(job_id) }),
    })
  await Promise.all(Array.from({ length: foreign }, (_, index) => startForeign(JOBS[index % JOBS.length] ?? '')))
  const started = await Promise.all(
    JOBS.flatMap((job_id) => Array.from({ length: RUNS_EACH }, () => gateway.trigger(`job-${job_id}`))),
  )
  const ended = await Promise.all(started.map(({ body }) => gateway.ended(body.id)))
  const truth = new Map(simulator.runs().map((run) => [run.run_id, run.result_state]))
  const wrong = ended.filter(
    (run) =>
      run.state !== STATES[truth.get(run.databricks_run_id) as keyof typeof STATES] || run.tasks_observed_at === null,
  )
  t.same(wrong, [], 'every outcome is right, with its tasks')
  t.equal(new Set(ended.map((run) => run.databricks_run_id)).size, JOBS.length * RUNS_EACH)
  return { gateway, simulator }
}

t.test('many runs of few jobs are watched by lists', async (t) => {
  const { simulator } = await runAll(t)
  const { [GET]: gets = 0, [LIST]: lists = 0 } = simulator.counts()
  t.ok(lists > 0, 'lists were read')
  // Once for its end; some leave the list in the moment when they are looked for, or are the only ones due.
  t.ok(gets <= 2 * JOBS.length * RUNS_EACH, `${gets} gets for ${JOBS.length * RUNS_EACH} runs, ${lists} lists`)
  t.notOk(simulator.calls().some(({ path, query }) => path.endsWith('/list') && !query.includes('active_only=true')))
})

t.test('lists full of runs that others started', async (t) => {
  await runAll(t, [], 300)
})

t.test('lists that fail now and then, and lists that are cut off', async (t) => {
  const path = '/api/2.2/jobs/runs/list'
  await runAll(t, [
    {
      path,
      times: null,
      probability: 0.3,
      seed: 3,
      status: 500,
      body: { error_code: 'INTERNAL_ERROR', message: 'no' },
    },
    { path, times: null, probability: 0.2, seed: 4, half: true },
  ])
})

t.test('lists that are refused: each run is got', async (t) => {
  const refusal = { error_code: 'INVALID_PARAMETER_VALUE', message: 'not here' }
  const { simulator } = await runAll(t, [{ path: '/api/2.2/jobs/runs/list', times: null, status: 400, body: refusal }])
  t.ok((simulator.counts()[LIST] ?? 0) < 20, 'and lists are not asked for again soon')
})

t.test('an empty list proves nothing', async (t) => {
  await runAll(t, [{ path: '/api/2.2/jobs/runs/list', times: null, probability: 0.5, seed: 5, status: 200, body: {} }])
})
