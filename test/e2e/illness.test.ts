import t, { type Test } from 'tap'
import { startInProcess } from '../support/in-process.ts'
import { createJumpingClock } from '../support/jumping-clock.ts'
import { readSamples, readValue } from '../support/metric-samples.ts'

const RUN_NOW = 'POST /api/2.2/jobs/run-now'
const PROBE = 'GET /api/2.2/jobs/list'
const START = Date.UTC(2026, 10, 22, 2)
const MINUTE = 60_000
const quick = {
  job_id: '11',
  name: 'quick',
  max_concurrent_runs: 1000,
  pending_ms: 0,
  cleanup_ms: 0,
  tasks: [{ task_key: 'main', duration_ms: 50 }],
}

async function start(t: Test) {
  const clock = createJumpingClock(START)
  const program = await startInProcess(t, {
    clock,
    workspace: { jobs: [quick] },
    jobs: { quick: { job_id: '11' } },
    clients: { caller: {} },
  })
  const { call, simulator } = program
  return {
    ...program,
    clock,
    count: (endpoint: string) => simulator.counts()[endpoint] ?? 0,
    trigger: (key: string) => call('caller', 'POST', `/trigger/quick?key=${key}`),
    ready: async () => (await call('caller', 'GET', '/readyz')).body,
    async gauge(name: string) {
      const { text } = await call('caller', 'GET', '/metrics')
      return readValue(readSamples(text), `job_gateway_databricks_${name}`, { workspace: 'main' })
    },
  }
}

/** Asks until it is so. */
async function until(isSo: () => boolean | Promise<boolean>) {
  while (!(await isSo())) await new Promise(setImmediate)
}

t.test(
  'a workspace that is dead for minutes: all is accepted at once, one probe per 5 s, nothing is lost',
  async (t) => {
    const { call, simulator, clock, count, trigger, ready, gauge } = await start(t)
    t.same(await ready(), { status: 'ready' })
    simulator.addFault({ path: '/api/*', drop: true, times: null })

    const first = await Promise.all(Array.from({ length: 5 }, (_, n) => trigger(`first-${n}`)))
    await until(async () => (await ready()).status === 'degraded')
    const sent = count(RUN_NOW)
    const more = await Promise.all(Array.from({ length: 100 }, (_, n) => trigger(`more-${n}`)))
    for (const { status, body } of [...first, ...more])
      t.match({ status, body }, { status: 202, body: { state: 'SUBMITTING', done: false } })
    t.equal(count(RUN_NOW), sent, 'none of them was sent')

    const { status, body } = await call('caller', 'GET', '/readyz')
    t.equal(status, 200)
    t.match(body.reasons, [/^workspace main: Databricks has not answered since 2026-11-22T02:0\d:\d\d\.\d{3}Z$/])
    t.ok(Date.parse(body.since) >= START && Date.parse(body.since) <= clock.now())
    t.equal(await gauge('up'), 0)

    for (let n = count(PROBE); n < 12; n = count(PROBE)) {
      clock.jump(5_000)
      await until(() => simulator.calls().filter(({ path, status }) => PROBE.endsWith(path) && status === 0).length > n)
    }
    t.equal(count(RUN_NOW), sent, 'in the minutes since, only probes')
    t.equal(count(PROBE), 12)
    t.equal((await ready()).since, body.since)

    simulator.clearFaults()
    clock.jump(5_000)
    await until(async () => (await ready()).status === 'ready')
    t.equal(await gauge('up'), 1)
    const ids = [...first, ...more].map(({ body }) => body.id)
    await until(async () => {
      clock.jump(1_000)
      const { body } = await call('caller', 'GET', '/runs?limit=200')
      return body.runs.every(({ done }: { done: boolean }) => done)
    })
    const { body: all } = await call('caller', 'GET', '/runs?limit=200&state=SUCCEEDED')
    t.strictSame(all.runs.map(({ id }: { id: string }) => id).sort(), ids.sort())
    t.equal(simulator.runs().length, ids.length)
  },
)

t.test('a refused credential is trouble after 15 minutes, and then until it is taken again', async (t) => {
  const { call, simulator, clock, trigger, ready, gauge } = await start(t)
  const { token } = simulator.credentials
  simulator.changeCredentials({ token: 'rotated' })
  const { status, body } = await trigger('K')
  t.match(
    { status, state: body.state, message: body.message },
    { status: 202, state: 'SUBMITTING', message: /credential/ },
  )
  t.equal(await gauge('credential_refused'), 1)
  t.same(await ready(), { status: 'ready' }, 'it may be about to be exchanged')
  clock.jump(14 * MINUTE)
  t.same(await ready(), { status: 'ready' })
  clock.jump(MINUTE)
  const { status: trouble, reasons, since } = await ready()
  t.equal(trouble, 'degraded')
  t.match(reasons, [/^workspace main: Databricks has refused the gateway's credential since 2026-11-22T02:00:\d\d/])
  t.match(since, /^2026-11-22T02:00:/)

  simulator.changeCredentials({ token })
  await until(async () => {
    clock.jump(1_000)
    return (await call('caller', 'GET', `/runs/${body.id}`)).body.done
  })
  t.same(await ready(), { status: 'ready' })
  t.equal(await gauge('credential_refused'), 0)
  t.equal(simulator.runs().length, 1)
})
