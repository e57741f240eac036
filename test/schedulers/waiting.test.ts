import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { type Gateway, KEYS, startGateway, startSimulator, writeConfig } from '../support/gateway.ts'
import { startInProcess } from '../support/in-process.ts'
import { createJumpingClock } from '../support/jumping-clock.ts'
import { sendRaw } from '../support/raw-http.ts'

const LONG_MS = 3_600_000
const long = {
  ...{ job_id: '11', name: 'long', pending_ms: 0, cleanup_ms: 0 },
  tasks: [{ task_key: 'load', duration_ms: LONG_MS }],
}
const jobs = { long: { job_id: '11' } }

/** A run that goes on until its workspace's time is moved, and callers who would wait for an hour. */
async function startLong(t: Test, server: Record<string, unknown> = { max_wait_seconds: 3600 }) {
  const simulator = await startSimulator(t, { jobs: [long] })
  const gateway = await startGateway(t, writeConfig(t, simulator, { jobs, server }))
  return { simulator, gateway }
}

async function waiters(gateway: Gateway, count: number): Promise<void> {
  // A scrape looks at every handle of the process, so they are not made one right after the other.
  while ((await gateway.metric('job_gateway_waiters')) !== count) await sleep(50)
}

t.test('two thousand wait for one run: all are answered when it ends', async (t) => {
  const { simulator, gateway } = await startLong(t)
  const { id } = (await gateway.trigger('long')).body
  const port = Number(new URL(gateway.url).port)
  const lines = [`GET /runs/${id}/await?wait=3600&format=text HTTP/1.1`, 'Host: x', 'Connection: close']
  const head = `${[...lines, `X-API-Key: ${KEYS['control-m']}`].join('\r\n')}\r\n\r\n`
  const answers: ReturnType<typeof sendRaw>[] = []
  // In waves, as the system queues only some hundred connections that the server has not taken yet.
  for (let wave = 1; wave <= 5; wave++) {
    for (let i = 0; i < 400; i++) answers.push(sendRaw(port, head))
    await waiters(gateway, wave * 400)
  }
  simulator.advance(LONG_MS)
  const told = new Set((await Promise.all(answers)).map(({ status, body }) => `${status} ${body}`))
  t.strictSame([...told], ['200 SUCCEEDED\n'])
  await waiters(gateway, 0)
})

t.test('callers that leave are no longer waited for; the others still are', async (t) => {
  const { simulator, gateway } = await startLong(t)
  const { id } = (await gateway.trigger('long')).body
  const leaving = new AbortController()
  const wait = (signal?: AbortSignal) =>
    gateway.call('GET', `/runs/${id}/await?wait=3600`, signal === undefined ? {} : { signal })
  const left = Promise.allSettled(Array.from({ length: 50 }, () => wait(leaving.signal)))
  const stayed = Array.from({ length: 50 }, () => wait())
  await waiters(gateway, 100)
  leaving.abort()
  t.ok((await left).every(({ status }) => status === 'rejected'))
  await waiters(gateway, 50)
  simulator.advance(LONG_MS)
  const told = new Set((await Promise.all(stayed)).map(({ status }) => status))
  t.strictSame([...told], [200])
  await waiters(gateway, 0)
})

t.test('Prefer: wait is granted as far as it may be, on every call that waits', async (t) => {
  const { gateway } = await startLong(t, { max_wait_seconds: 1 })
  const prefer = (method: string, path: string) => gateway.call(method, path, { headers: { prefer: 'wait=600' } })
  const triggered = await prefer('POST', '/trigger/long?key=K')
  const { id } = triggered.body
  for (const answer of [triggered, await prefer('GET', `/runs/${id}`), await prefer('GET', '/await?job=long&key=K')]) {
    t.match(answer.body, { id, done: false })
    t.equal(answer.headers.get('preference-applied'), 'wait=1')
  }
  const without = await gateway.call('GET', `/runs/${id}/await`)
  t.equal(without.headers.get('preference-applied'), null, 'not asked for')
})

t.test('a wait counts from the arrival of its call, submission included', async (t) => {
  const clock = createJumpingClock(Date.UTC(2026, 10, 22))
  const { call, simulator } = await startInProcess(t, {
    ...{ clock, jobs, workspace: { jobs: [long] } },
    server: { trigger_timeout_seconds: 100 },
    clients: { caller: {}, operator: {} },
  })
  simulator.addFault({ path: '/api/2.2/jobs/run-now', when: 'after', delay_ms: 40_000 })
  const answer = call('caller', 'POST', '/trigger/long', { headers: { prefer: 'wait=45' } })
  const latest = async () => (await call('operator', 'GET', '/runs')).body.runs[0]
  while (simulator.runs().length === 0) await latest()
  clock.jump(40_000)
  while ((await latest()).state !== 'RUNNING');
  clock.jump(5_000)
  const { status, headers, body } = await answer
  t.match(
    { status, state: body.state },
    { status: 202, state: 'RUNNING' },
    'five seconds after a start that took forty',
  )
  t.equal(headers.get('preference-applied'), 'wait=45')
})
