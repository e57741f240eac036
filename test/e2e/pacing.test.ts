import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { type Gateway, startGateway, startSimulator, writeConfig } from '../support/gateway.ts'
import { mostAtOnce } from '../support/most-at-once.ts'

const RUN_NOW = '/api/2.2/jobs/run-now'
const RATE = 20
/** More than the gateway sends, so that what a busy machine delivers bunched is not refused, and far less than a burst. */
const LIMIT = 30

const job = (duration_ms: number) => ({
  job_id: '11',
  name: 'load',
  max_concurrent_runs: 1000,
  pending_ms: 0,
  cleanup_ms: 0,
  tasks: [{ task_key: 'main', duration_ms }],
})

const trigger = async (gateway: Gateway, count: number) => {
  const answers = await Promise.all(Array.from({ length: count }, () => gateway.trigger('load')))
  t.same([...new Set(answers.map(({ status }) => status))], [202])
  return answers.map(({ body }) => body)
}

t.test('a burst is accepted at once and submitted at the rate of the workspace, first come first served', async (t) => {
  const simulator = await startSimulator(t, { jobs: [job(0)], options: { rate_limits: { 'jobs/run-now': LIMIT } } })
  const jobs = { load: { job_id: '11' } }
  const gateway = await startGateway(t, writeConfig(t, simulator, { jobs, workspace: { budget: { run_now: RATE } } }))
  const accepted = await trigger(gateway, 80)
  const waiting = accepted.filter(({ state }) => state === 'SUBMITTING')
  t.ok(waiting.length > 40, `${waiting.length} of 80 were answered before their turn`)

  const ended = await Promise.all(accepted.map(({ id }) => gateway.ended(id)))
  t.same([...new Set(ended.map(({ state }) => state))], ['SUCCEEDED'])
  t.equal(simulator.runs().length, 80)
  const calls = simulator.calls().filter(({ path }) => path === RUN_NOW)
  t.same(
    calls.filter(({ status }) => status === 429),
    [],
    'the workspace never had to refuse one',
  )
  const order = new Map(simulator.runs().map((run, index) => [run.run_id, index]))
  const places = ended
    .filter(({ id }) => waiting.some((run) => run.id === id))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((run) => order.get(run.databricks_run_id) ?? 0)
  const jumps = places.filter((place, index) => place < Math.max(...places.slice(0, index), 0) - RATE)
  t.same(jumps, [], 'none was overtaken by more than those that wait for their answer together')
})

t.test('max_active: further runs are held here, in order, through a kill', async (t) => {
  const simulator = await startSimulator(t, { jobs: [job(300)] })
  const file = writeConfig(t, simulator, { jobs: { load: { job_id: '11', max_active: 2 } } })
  const first = await startGateway(t, file)
  const accepted = await trigger(first, 9)
  const held = accepted.filter(({ message }) => message.includes('max_active'))
  t.equal(held.length, 7, 'those beyond it say so')

  while (simulator.runs().length < 4) await sleep(5)
  first.signal('SIGKILL')
  await first.exited
  const second = await startGateway(t, file)
  const ended = await Promise.all(accepted.map(({ id }) => second.ended(id)))
  t.same([...new Set(ended.map(({ state }) => state))], ['SUCCEEDED'])
  const runs = simulator.runs()
  t.equal(runs.length, 9)
  t.ok(mostAtOnce(runs) <= 2, `${mostAtOnce(runs)} were active at once`)
  const order = new Map(runs.map((run, index) => [run.run_id, index]))
  const places = ended.sort((a, b) => (a.id < b.id ? -1 : 1)).map((run) => order.get(run.databricks_run_id) ?? 0)
  t.same(
    places.filter((place, index) => Math.abs(place - index) > 1),
    [],
    'in the order of their arrival',
  )
})

t.test('a held run that is canceled never starts, and the next one moves up', async (t) => {
  const simulator = await startSimulator(t, { jobs: [job(500)] })
  const gateway = await startGateway(t, writeConfig(t, simulator, { jobs: { load: { job_id: '11', max_active: 1 } } }))
  const accepted = await trigger(gateway, 3)
  const [running, next, last] = accepted.sort((a, b) => (a.id < b.id ? -1 : 1))
  t.equal((await gateway.call('POST', `/runs/${next.id}/cancel`)).status, 200)
  t.match(await gateway.ended(running.id), { state: 'SUCCEEDED' })
  t.match(await gateway.ended(next.id), { state: 'CANCELED', databricks_run_id: null })
  t.match(await gateway.ended(last.id), { state: 'SUCCEEDED' })
  t.equal(simulator.runs().length, 2)
})
