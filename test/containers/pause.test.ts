import t from 'tap'
import { type Gateway, startSimulator } from '../support/gateway.ts'
import { defineLoadJob } from './support/load-job.ts'
import { startReplicas } from './support/replicas.ts'

/** Runs that are held by each replica. */
const HELD = 50

const clients = { other: { permissions: ['admin', 'read', 'trigger'] } }
const admin = (gateway: Gateway | undefined, action: 'pause' | 'resume', body: object = {}) =>
  gateway?.call('POST', `/admin/${action}`, { client: 'other', body })

/** Whether a start would be held there, as it says itself. */
async function isPaused(gateway: Gateway): Promise<boolean> {
  return (await gateway.call('GET', '/jobs/load')).body.paused !== null
}

async function until(reached: () => Promise<boolean>): Promise<number> {
  const begun = performance.now()
  while (!(await reached()));
  return performance.now() - begun
}

t.test('a pause on one replica is one on all of them at once, and so is its end', async (t) => {
  const simulator = await startSimulator(t, { jobs: [defineLoadJob([0])] })
  const gateways = await startReplicas(t, 3, simulator, { jobs: { load: { job_id: '11' } }, clients })
  const [a, b, c] = gateways
  const held: string[] = []
  t.match(await admin(a, 'pause', { workspace: 'main', message: 'Upgrade.' }), { status: 200 })
  const heard = await Promise.all(gateways.map((gateway) => until(() => isPaused(gateway))))
  t.comment(`heard after ${heard.map(Math.round)} ms`)
  // Far less than the look that finds what nobody told.
  t.ok(Math.max(...heard) < 2_500)

  for (const gateway of gateways) {
    const answers = await Promise.all(
      Array.from({ length: HELD }, (_, n) => gateway.trigger('load', undefined, { key: `${gateway.url} ${n}` })),
    )
    t.same(
      [...new Set(answers.map(({ status, body }) => `${status} ${body.message}`))],
      ['202 Accepted here; paused by other until it is resumed: Upgrade.'],
    )
    held.push(...answers.map(({ body }) => body.id))
  }
  t.equal(simulator.runs().length, 0)

  t.match(await admin(b, 'pause', { mode: 'refuse' }), { status: 200 })
  await until(async () => (await c?.call('GET', '/jobs/load'))?.body.paused.mode === 'refuse')
  t.match(await c?.trigger('load'), { status: 503, body: { code: 'paused' } })
  t.match(await admin(c, 'resume'), { body: { ended: { scope: 'all' }, pauses: [{ scope: 'workspace' }] } })
  t.match(await admin(c, 'resume', { workspace: 'main' }), { body: { ended: { name: 'main' }, pauses: [] } })
  const ended = await Promise.all(held.map((id, n) => gateways[n % gateways.length]?.ended(id)))
  t.same([...new Set(ended.map((run) => run.state))], ['SUCCEEDED'])
  t.equal(simulator.runs().length, held.length, 'each once')
})

t.test('whoever watches takes what others hold over, with the pause', async (t) => {
  const simulator = await startSimulator(t, { jobs: [defineLoadJob([0])] })
  const [a, b] = await startReplicas(t, 2, simulator, { jobs: { load: { job_id: '11' } }, clients })
  await admin(a, 'pause')
  const { body } = (await a?.trigger('load')) ?? {}
  for (const gateway of [a]) {
    gateway?.signal('SIGKILL')
    await gateway?.exited
  }
  t.match(await b?.call('GET', `/runs/${body.id}`), { body: { state: 'SUBMITTING', message: /paused/ } })
  t.match(await b?.trigger('load'), { body: { state: 'SUBMITTING', message: /paused/ } })
  await admin(b, 'resume')
  t.match(await b?.ended(body.id), { state: 'SUCCEEDED' })
})
