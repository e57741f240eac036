import t from 'tap'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { type Answer, startGateway, startSimulator, writeConfig } from '../support/gateway.ts'

const RUN_NOW = '/api/2.2/jobs/run-now'

const quick = {
  job_id: '11',
  name: 'quick',
  max_concurrent_runs: 1000,
  pending_ms: 0,
  cleanup_ms: 0,
  tasks: [{ task_key: 'main', duration_ms: 50 }],
}

const startsOf = (simulator: Simulator) => simulator.runs().map((run) => run.run_id)

t.test('200 triggers at once with 20 keys, while answers are lost, throttled and refused: 20 runs', async (t) => {
  const simulator = await startSimulator(t, { jobs: [quick] })
  const fault = { method: 'POST', path: RUN_NOW, times: null, seed: 7 } as const
  simulator.addFault({ ...fault, when: 'after', drop: true, probability: 0.3 })
  simulator.addFault({
    ...fault,
    status: 503,
    probability: 0.2,
    body: { error_code: 'TEMPORARILY_UNAVAILABLE', message: 'later' },
  })
  simulator.addFault({
    ...fault,
    status: 429,
    probability: 0.2,
    headers: { 'retry-after': '1' },
    body: { error_code: 'REQUEST_LIMIT_EXCEEDED', message: 'slow down' },
  })
  simulator.addFault({ ...fault, when: 'after', half: true, probability: 0.1 })
  const gateway = await startGateway(
    t,
    writeConfig(t, simulator, { jobs: { quick: { job_id: '11' } }, server: { trigger_timeout_seconds: 4 } }),
  )

  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, i) => gateway.trigger('quick', undefined, { key: `K-${i % 20}` })),
  )
  t.same(
    [...new Set(answers.map(({ status }) => status))].filter((status) => status !== 200 && status !== 202),
    [],
    'every call is answered well',
  )

  const ids = new Map<string, Set<string>>()
  for (const [i, { body }] of answers.entries())
    ids.set(`K-${i % 20}`, (ids.get(`K-${i % 20}`) ?? new Set()).add(body.id))
  t.ok(
    [...ids.values()].every((runs) => runs.size === 1),
    'one key, one run',
  )

  simulator.clearFaults()
  const ended = await Promise.all([...ids.values()].map(([id = '']) => gateway.ended(id)))
  t.ok(ended.every(({ state }) => state === 'SUCCEEDED'))
  t.equal(startsOf(simulator).length, 20, 'exactly 20 runs in Databricks')
  t.same(new Set(ended.map((run) => run.databricks_run_id)), new Set(startsOf(simulator)))
})

t.test(
  'kill -9 at random moments: every accepted run exists once, every ending is counted once',
  { timeout: 120_000 },
  async (t) => {
    const simulator = await startSimulator(t, { jobs: [quick] })
    const config = writeConfig(t, simulator, { jobs: { quick: { job_id: '11' } } })
    const keys = Array.from({ length: 300 }, (_, i) => `K-${i}`)
    const accepted = new Map<string, string>()
    let left = keys

    for (let round = 0; round < 6; round++) {
      const gateway = await startGateway(t, config)
      const answered = await Promise.all(
        left.slice(0, 60).map(async (key, i) => {
          const answer: Answer | undefined = await gateway.trigger('quick', undefined, { key }).catch(() => undefined)
          // The process dies in the middle of the burst, at another place each time.
          if (i === (round * 17) % 50) gateway.signal('SIGKILL')
          return { key, answer }
        }),
      )
      gateway.signal('SIGKILL')
      await gateway.exited
      for (const { key, answer } of answered) if (answer && answer.status < 300) accepted.set(key, answer.body.id)
      left = left.slice(50)
    }

    const gateway = await startGateway(t, config)
    const again = await Promise.all(keys.map((key) => gateway.trigger('quick', undefined, { key })))
    for (const [i, key] of keys.entries()) {
      const known = accepted.get(key)
      if (known !== undefined && again[i]?.body.id !== known)
        t.fail(`${key} was run ${known}, and is ${again[i]?.text} now`)
    }
    const ended = await Promise.all(again.map(({ body }) => gateway.ended(body.id)))
    t.ok(ended.every(({ state }) => state === 'SUCCEEDED'))
    t.equal(startsOf(simulator).length, 300, 'as many runs in Databricks as keys')
    t.equal(new Set(ended.map((run) => run.databricks_run_id)).size, 300)
    t.equal(await gateway.metric('job_gateway_runs_finished_total', { job: 'quick', state: 'SUCCEEDED' }), 300)
  },
)

t.test('a run that ends badly between two calls is told first, and restarted only by the next call', async (t) => {
  const failing = { ...quick, tasks: [{ task_key: 'main', duration_ms: 50, outcome: ['failed', 'success'] }] }
  const simulator = await startSimulator(t, { jobs: [failing] })
  const gateway = await startGateway(
    t,
    writeConfig(t, simulator, { jobs: { quick: { job_id: '11', rerun_min_seconds: 0 } } }),
  )
  const call = () => gateway.call('POST', '/trigger/quick?key=K&rerun=new')

  const first = await call()
  t.equal(first.status, 202)
  // Its owner does not look while it ends: another client's reading does not tell.
  const seenByOther = async () => (await gateway.call('GET', `/runs/${first.body.id}`, { client: 'other' })).body.done
  while (!(await seenByOther()));
  t.match(await call(), { status: 200, body: { state: 'FAILED', attempt: 1, replayed: true } }, 'told, nothing started')
  t.equal(startsOf(simulator).length, 1)
  const third = await call()
  t.match(third, { body: { id: first.body.id, attempt: 2, replayed: false } }, 'now it starts again')
  t.match(await gateway.ended(first.body.id), { state: 'SUCCEEDED', attempt: 2 })
  t.equal(startsOf(simulator).length, 2)
})

t.test('a run id above 2^53 goes through trigger, read and list unchanged', async (t) => {
  const simulator = await startSimulator(t, {
    options: { ids: 'large' },
    jobs: [{ ...quick, job_id: '9007199254740993' }],
  })
  const gateway = await startGateway(t, writeConfig(t, simulator, { jobs: { quick: { job_id: '9007199254740993' } } }))
  const { body } = await gateway.trigger('quick')
  const run = await gateway.ended(body.id)
  const [started] = startsOf(simulator)
  t.ok(BigInt(started ?? 0) > 2n ** 53n, `${started} is above 2^53`)
  t.equal(run.databricks_run_id, started)
  t.equal(run.databricks_job_id, '9007199254740993')
  t.equal((await gateway.call('GET', '/runs')).body.runs[0].databricks_run_id, started)
  t.equal((await gateway.call('GET', `/runs/${started}`)).body.id, body.id)
})
