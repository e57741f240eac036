import t, { type Test } from 'tap'
import { startInProcess } from '../support/in-process.ts'
import { createJumpingClock } from '../support/jumping-clock.ts'

const DAY_MS = 86_400_000
const RUN_NOW = '/api/2.2/jobs/run-now'

const shared = { pending_ms: 0, cleanup_ms: 0, max_concurrent_runs: 1_000 }
const definitions = [
  { ...shared, job_id: '11', name: 'good', tasks: [{ task_key: 'load', duration_ms: 20 }] },
  { ...shared, job_id: '12', name: 'bad', tasks: [{ task_key: 'load', duration_ms: 20, outcome: 'failed' }] },
  { ...shared, job_id: '13', name: 'endless', tasks: [{ task_key: 'load', duration_ms: 1_000 * DAY_MS }] },
]

async function start(t: Test) {
  const clock = createJumpingClock(Date.UTC(2026, 10, 22))
  const { call, restart, simulator } = await startInProcess(t, {
    clock,
    onDisk: true,
    workspace: { jobs: definitions },
    server: { trigger_timeout_seconds: 1 },
    jobs: {
      good: { job_id: '11', expected_every: '26h', submit_deadline_seconds: 600 },
      bad: { job_id: '12' },
      endless: { job_id: '13' },
    },
    clients: { caller: {} },
  })
  const get = (path: string) => call('caller', 'GET', path)
  const trigger = (job: string, query: string) => call('caller', 'POST', `/trigger/${job}?${query}`)
  return {
    ...{ clock, get, trigger, restart, simulator },
    /** Runs the job to its end. */
    async run(job: string, key: string) {
      const { body } = await trigger(job, `key=${key}&wait=30`)
      if (!body.done) throw new Error(`${key} is ${body.state}`)
      return body
    },
    async purged(id: string) {
      while ((await get(`/runs/${id}`)).status === 200);
    },
    /** What the ledger has counted so far, and last knew of each job. */
    async totals() {
      const { text } = await get('/metrics')
      return text.split('\n').filter((line) => /^job_gateway_(runs_finished_total|job_(?!info))/.test(line))
    },
  }
}

t.test('a purged run answers 410 by id and by key, and its key goes on with a fresh token', async (t) => {
  const { clock, get, run, purged, restart, simulator } = await start(t)
  const former = { good: await run('good', 'K'), bad: await run('bad', 'K') }
  const tokens = () => simulator.runs().map(({ idempotency_token }) => idempotency_token)
  const used = tokens()
  clock.jump(89 * DAY_MS)
  t.match(await get(`/runs/${former.good.id}`), { status: 200, body: { state: 'SUCCEEDED' } }, 'not yet')
  clock.jump(2 * DAY_MS)
  await Promise.all([purged(former.good.id), purged(former.bad.id)])
  await restart()
  for (const [job, { id }] of Object.entries(former)) {
    for (const path of [`/runs/${id}`, `/runs/${id}/await`, `/run?job=${job}&key=K`, `/await?job=${job}&key=K`]) {
      t.match(await get(path), { status: 410, body: { code: 'run-purged', status: 410 } }, path)
    }
    const next = await run(job, 'K')
    t.match(next, { attempt: 2, replayed: false })
    t.not(next.id, id)
  }
  t.equal(new Set([...used, ...tokens()]).size, 4, 'no token twice')
})

t.test('a purge and a restart leave the totals as they are', async (t) => {
  const { clock, run, purged, restart, totals } = await start(t)
  const runs = [await run('good', 'A'), await run('good', 'B'), await run('bad', 'C')]
  const before = await totals()
  const finished = (job: string, count: number) =>
    t.ok(
      before.some(
        (line) => line.startsWith(`job_gateway_runs_finished_total{job="${job}"`) && line.endsWith(` ${count}`),
      ),
      `${count} of ${job}`,
    )
  finished('good', 2)
  finished('bad', 1)
  for (const name of ['last_success_timestamp', 'usual_duration', 'last_duration', 'expected_since_timestamp'])
    t.ok(
      before.some((line) => line.startsWith(`job_gateway_job_${name}_seconds{job="good"}`)),
      name,
    )
  clock.jump(91 * DAY_MS)
  await Promise.all(runs.map(({ id }) => purged(id)))
  t.same(await totals(), before, 'after the purge')
  await restart()
  t.same(await totals(), before, 'after the restart')
})

t.test('what runs, and what may still start, is never purged', async (t) => {
  const { clock, get, run, trigger, purged, simulator } = await start(t)
  const running = (await trigger('endless', 'key=K')).body
  simulator.addFault({ method: 'POST', path: RUN_NOW, when: 'after', drop: true })
  simulator.addFault({ path: '/api/*', status: 503, times: null, body: 'no' })
  const doubtful = (await trigger('good', 'key=doubtful')).body
  clock.jump(700_000)
  while ((await get(`/runs/${doubtful.id}`)).body.state !== 'UNCONFIRMED');
  simulator.clearFaults()
  const ended = await run('good', 'ended')
  simulator.addFault({ path: '/api/*', status: 503, times: null, body: 'no' })
  for (const days of [91, 400]) {
    clock.jump(days * DAY_MS)
    await purged(ended.id)
    t.match(await get(`/runs/${running.id}`), { status: 200, body: { done: false } })
    t.match(await get('/run?job=good&key=doubtful'), { status: 200, body: { id: doubtful.id, state: 'UNCONFIRMED' } })
  }
})

t.test('a tombstone is kept for 400 days', async (t) => {
  const { clock, get, run, purged } = await start(t)
  const { id } = await run('good', 'K')
  clock.jump(91 * DAY_MS)
  await purged(id)
  clock.jump(399 * DAY_MS)
  t.match(await get(`/runs/${id}`), { status: 410 })
  clock.jump(2 * DAY_MS)
  while ((await get(`/runs/${id}`)).status === 410);
  t.match(await get(`/runs/${id}`), { status: 404, body: { code: 'unknown-run' } })
  t.match(await get('/run?job=good&key=K'), { status: 404, body: { code: 'unknown-run' } })
  t.match(await run('good', 'K'), { attempt: 1, replayed: false })
})
