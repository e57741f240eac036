import t, { type Test } from 'tap'
import { type Gateway, startSimulator } from '../support/gateway.ts'
import { awaitLeader, startReplicas } from './support/replicas.ts'

/** Design §6: a lease lives 5 s, and is asked for twice a second. */
const TAKEOVER_MS = 6_000

const job = (job_id: string, duration_ms: number) => ({
  ...{ job_id, name: `job-${job_id}`, max_concurrent_runs: 1000, pending_ms: 0, cleanup_ms: 0 },
  tasks: [{ task_key: 'main', duration_ms }],
})

async function start(t: Test) {
  const simulator = await startSimulator(t, { jobs: [job('11', 300), job('12', 8_000)] })
  const gateways = await startReplicas(t, 3, simulator, { jobs: { quick: { job_id: '11' }, slow: { job_id: '12' } } })
  const { leader } = await awaitLeader(gateways)
  const others = gateways.filter((gateway) => gateway !== leader)
  const [first] = others
  if (!first) throw new Error('there is no other')
  return { simulator, leader, others, first }
}

/** Runs of both kinds are under way, and somebody waits for one at a gateway that does not watch. */
async function beginRuns({ leader, first }: { leader: Gateway; first: Gateway }) {
  const slow = await leader.trigger('slow', undefined, { key: 'under-way' })
  return { id: slow.body.id as string, ended: first.ended(slow.body.id) }
}

const endQuickly = async (gateway: Gateway) => {
  const { body } = await gateway.trigger('quick', undefined, { headers: { prefer: 'wait=20' } })
  return body.state
}

t.test('killed, the one that watches is replaced within six seconds', async (t) => {
  const { simulator, leader, others, first } = await start(t)
  const { ended } = await beginRuns({ leader, first })
  leader.signal('SIGKILL')
  await leader.exited
  const { ms } = await awaitLeader(others)
  t.comment(`taken over after ${Math.round(ms)} ms`)
  t.ok(ms <= TAKEOVER_MS, `after ${ms} ms`)
  t.equal((await ended).state, 'SUCCEEDED')
  t.same(await Promise.all(others.map(endQuickly)), ['SUCCEEDED', 'SUCCEEDED'])
  t.equal(simulator.runs().length, 3)
})

t.test('stopped, it is replaced too, and does no harm when it goes on', async (t) => {
  const { simulator, leader, others, first } = await start(t)
  const { id, ended } = await beginRuns({ leader, first })
  leader.signal('SIGSTOP')
  const { leader: next, ms } = await awaitLeader(others)
  t.comment(`taken over after ${Math.round(ms)} ms`)
  t.ok(ms <= TAKEOVER_MS, `after ${ms} ms`)
  t.equal((await ended).state, 'SUCCEEDED')

  leader.signal('SIGCONT')
  t.same(await Promise.all([leader, ...others].map(endQuickly)), ['SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED'])
  t.equal((await leader.ended(id)).state, 'SUCCEEDED')
  t.equal((await awaitLeader([leader, ...others])).leader, next, 'it stays replaced')
  t.equal(simulator.runs().length, 4)
  const finished = { job: 'slow', state: 'SUCCEEDED' }
  const counts = [leader, ...others].map((gateway) => gateway.metric('job_gateway_runs_finished_total', finished))
  t.same(await Promise.all(counts), [1, 1, 1], 'counted once, whoever is asked')
})
