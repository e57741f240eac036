import t, { type Test } from 'tap'
import type { Run } from '../../../src/runs/run.ts'
import { startServer } from '../../support/http-server.ts'
import { makeRun } from '../../support/make-run.ts'
import { readSamples, readValue } from '../../support/metric-samples.ts'
import { createSteppedClock } from '../../support/stepped-clock.ts'

const START = Date.UTC(2026, 10, 22)
const RUNNING = { state: 'RUNNING', message: 'running: load', databricks_run_id: '7' } as const

/** A server whose triggers all start the same run, in time that stands still. */
async function startLimited(t: Test, limits: string) {
  const clock = createSteppedClock(START)
  const run = makeRun({ attempt: RUNNING })
  const trigger = async () => ({ run, answer: 'started' as const, replayed: false })
  const cancel = async (found: Run) => found
  const server = await startServer(t, { clock, client: `limits: ${limits}`, trigger, cancel })
  await server.hold(run)
  const post = (path: string, as: 'control-m' | 'other' = 'control-m') => server.call(path, { method: 'POST', as })
  const counted = async (name: string, labels: Record<string, string>) => {
    const { text } = await server.call('/metrics')
    return readValue(readSamples(text), name, labels)
  }
  return { ...server, clock, run, post, counted }
}

t.test('triggers and reads are counted apart, and each client for itself', async (t) => {
  const limits = '{ triggers: { per_second: 2, burst: 2 }, reads: { per_second: 2, burst: 3 } }'
  const { clock, run, call, post, counted } = await startLimited(t, limits)
  const told = ({ headers }: { headers: Headers }) => [headers.get('ratelimit'), headers.get('ratelimit-policy')]

  const first = await post('/trigger/nightly-load')
  t.equal(first.status, 202)
  t.same(told(first), ['"triggers";r=1', '"triggers";q=2;w=1'])
  const second = await post('/trigger/nightly-load')
  t.same(told(second), ['"triggers";r=0;t=1', '"triggers";q=2;w=1'])
  const refused = await post('/trigger/nightly-load')
  t.match(refused, {
    status: 429,
    body: {
      ...{ code: 'rate-limited', retryable: true },
      detail:
        /^Client control-m sends more triggers than it may: 2 at once and 2 a second\. .*clients\.control-m\.limits\.triggers\.$/,
    },
  })
  t.equal(refused.headers.get('retry-after'), '1')
  t.same(told(refused), ['"triggers";r=0;t=1', '"triggers";q=2;w=1'])
  t.match(await post('/trigger/nightly-load?format=text'), { status: 429, text: /^ERROR rate-limited [^\n]+\n$/ })

  const path = `/runs/${run.id}`
  t.same(told(await call(path)), [null, null], 'a read is told when half is gone')
  t.same(told(await call('/runs')), ['"reads";r=1', '"reads";q=3;w=2'])
  t.match(await call('/jobs'), { status: 200 })
  for (const read of [path, '/runs', '/jobs', `/run?job=nightly-load&key=K-1`]) {
    t.match(await call(read), { status: 429, body: { code: 'rate-limited', detail: /more reads/ } }, read)
  }
  t.match(await post('/trigger/nightly-load', 'other'), { status: 202 }, 'another client')
  t.match(await call(path, { as: 'other' }), { status: 200 })
  t.equal(await counted('job_gateway_refusals_total', { client: 'control-m', code: 'rate-limited' }), 6)

  clock.advance(1_000)
  t.match(await post('/trigger/nightly-load'), { status: 202 }, 'after Retry-After')
  t.match(await call(path), { status: 200 })
})

t.test('neither a cancel nor an await is refused for the number of calls', async (t) => {
  const { run, call, post, url, counted } = await startLimited(t, '{ reads: { per_second: 1, burst: 1 } }')
  t.match(await call('/runs'), { status: 200 })
  t.match(await call('/runs'), { status: 429 })
  for (const path of [`/runs/${run.id}/await`, '/await?job=nightly-load&key=K-1']) {
    const { status, headers, body } = await call(`${path}${path.includes('?') ? '&' : '?'}wait=30`)
    t.match({ status, body }, { status: 202, body: { state: 'RUNNING', done: false, stale: true } }, path)
    t.equal(headers.get('retry-after'), '30', 'longer than for a run that was looked at')
    t.ok(headers.get('location')?.startsWith(`${url}${path}`))
    t.equal(headers.get('ratelimit'), '"reads";r=0;t=1')
  }
  t.match(await call(`/runs/${run.id}/await?format=result`), { status: 202, text: 'ACTIVE\n' })
  t.match(await post(`/runs/${run.id}/cancel`), { status: 202, body: { id: run.id } })
  t.match(await call(`/runs/${run.id}`, { method: 'DELETE' }), { status: 202 })
  t.equal(await counted('job_gateway_curtailed_answers_total', { client: 'control-m', reason: 'reads' }), 3)
})

t.test('over its waiters a client is answered as with wait=0', async (t) => {
  const { run, call, post, clock, waits, counted } = await startLimited(t, '{ waiters: 1 }')
  const path = `/runs/${run.id}/await?wait=30`
  const first = call(path)
  while (waits.count() < 1) await new Promise(setImmediate)
  for (const answer of [
    await call(path),
    await call(`/runs/${run.id}`, { headers: { prefer: 'wait=30' } }),
    await post('/trigger/nightly-load?wait=30'),
    await post(`/runs/${run.id}/cancel?wait=30`),
  ]) {
    t.match(answer.body, { id: run.id, state: 'RUNNING' })
    t.equal(answer.headers.get('preference-applied'), 'wait=0')
  }
  const other = call(path, { as: 'other' })
  while (waits.count() < 2) await new Promise(setImmediate)
  t.equal(await counted('job_gateway_curtailed_answers_total', { client: 'control-m', reason: 'waiters' }), 4)

  clock.advance(30_000)
  for (const answer of await Promise.all([first, other])) t.equal(answer.headers.get('preference-applied'), 'wait=30')
  const next = call(path)
  while (waits.count() < 1) await new Promise(setImmediate)
  clock.advance(30_000)
  t.equal((await next).headers.get('preference-applied'), 'wait=30', 'there is room again')
})

t.test('what turns calls away when there is too much to do', async (t) => {
  let delayMs = 0
  const run = makeRun({ attempt: RUNNING })
  const { hold, call } = await startServer(t, {
    trigger: async () => ({ run, answer: 'started' as const, replayed: false }),
    cancel: async (found: Run) => found,
    load: () => ({ delayMs, heapShare: 0.5 }),
  })
  await hold(run)
  const ask = {
    trigger: () => call('/trigger/nightly-load', { method: 'POST' }),
    page: () => call('/problems/overloaded', { as: null }),
    read: () => call(`/runs/${run.id}`),
    list: () => call('/runs'),
    await: () => call(`/runs/${run.id}/await`),
    cancel: () => call(`/runs/${run.id}/cancel`, { method: 'POST' }),
    probe: () => call('/livez', { as: null }),
    metrics: () => call('/metrics'),
    stranger: () => call('/runs', { as: null }),
  }
  const statuses = async () => {
    const answers = Object.entries(ask).map(async ([name, call]) => [name, (await call()).status])
    return Object.fromEntries(await Promise.all(answers))
  }
  const usual = { trigger: 202, page: 200, read: 200, list: 200, await: 202, cancel: 202, probe: 200, metrics: 200 }
  t.same(await statuses(), { ...usual, stranger: 401 })
  delayMs = 2_000
  t.same(await statuses(), { ...usual, stranger: 401, trigger: 503, page: 503 }, 'what starts something first')
  const refused = await ask.trigger()
  t.match(refused.body, { code: 'overloaded', retryable: true, detail: /has done nothing for this call/ })
  t.match(refused.headers.get('retry-after'), /^[1-9]\d*$/)
  t.match((await ask.await()).body, { id: run.id, message: 'running: load' }, 'an await is still looked up')
  delayMs = 8_000
  t.same(await statuses(), { ...usual, stranger: 401, trigger: 503, page: 503, read: 503, list: 503 })
  t.match((await ask.await()).body, { id: run.id, state: 'RUNNING', stale: true, result: '' }, 'not any more')
  delayMs = 0
  t.same(await statuses(), { ...usual, stranger: 401 })
})
