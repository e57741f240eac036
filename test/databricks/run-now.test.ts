import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import t from 'tap'
import { stringifyWithIds } from '../../src/databricks/json.ts'
import { createManualClock } from './support/manual-clock.ts'
import { halfABody, hangUp, html, json, never, RUN_NOW, type Step, startStub, TOKEN } from './support/stub-workspace.ts'
import { soon, startClient } from './support/test-client.ts'

const JOB_ID = '9007199254740993'
const body = stringifyWithIds({ job_id: JOB_ID }, { job_parameters: { day: '2026-11-22' }, idempotency_token: 't-1' })
const taken = json(200, '{"run_id": 9007199254740995, "number_in_job": 9007199254740995}')
const refusal = json(400, { error_code: 'INVALID_PARAMETER_VALUE', message: 'Invalid value' })

async function closedPort(): Promise<string> {
  const server: Server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

t.test('a run id above 2^53 is told as it is, for the bytes that were given', async (t) => {
  const stub = await startStub(t)
  stub.on(RUN_NOW, taken)
  const submission = await startClient(t, { host: stub.url }).runNow(body, soon())
  t.strictSame(submission, { kind: 'taken', runId: '9007199254740995', tries: 1 })
  const call = stub.calls.at(-1)
  t.equal(call?.body, body)
  t.match(call?.headers, { 'content-type': 'application/json', 'user-agent': 'databricks-job-gateway/1.2.3' })
})

t.test('how one submission ends', async (t) => {
  const outage: Step = json(503, { error_code: 'TEMPORARILY_UNAVAILABLE', message: 'later' }, { 'retry-after': '3600' })
  const throttled: Step = json(429, {}, { 'retry-after': '3600' })
  const codeOnly: Step = json(500, { error_code: 'RESOURCE_EXHAUSTED', message: 'full' }, { 'retry-after': '3600' })
  const denial: Step = json(403, { error_code: 'PERMISSION_DENIED', message: 'no permissions on job 5' })
  const gone: Step = json(400, { error_code: 'INVALID_PARAMETER_VALUE', message: 'Job 5 does not exist.' })
  const cases: [string, Step[], object][] = [
    ['refused', [refusal], { kind: 'not_taken', tries: 1, error: { kind: 'refused', message: 'Invalid value' } }],
    ['no such job', [gone], { kind: 'not_taken', tries: 1, error: { kind: 'missing' } }],
    ['denied twice', [denial], { kind: 'not_taken', tries: 2, error: { kind: 'denied' } }],
    ['denied once', [denial, taken], { kind: 'taken', tries: 2 }],
    ['401 twice', [json(401, {})], { kind: 'not_taken', tries: 2, error: { kind: 'credential' } }],
    ['401 once', [json(401, {}), taken], { kind: 'taken', tries: 2 }],
    ['throttled', [throttled], { kind: 'not_taken', tries: 1, error: { kind: 'throttled' } }],
    ['throttled by code', [codeOnly], { kind: 'not_taken', tries: 1, error: { kind: 'throttled' } }],
    ['503', [outage], { kind: 'unknown', tries: 1, error: { kind: 'unavailable', status: 503 } }],
    ['500', [json(500, '')], { kind: 'unknown', tries: 1 }],
    ['408', [json(408, '')], { kind: 'unknown', tries: 1 }],
    ['409', [json(409, { error_code: 'ABORTED' })], { kind: 'unknown', tries: 1 }],
    ['499', [json(499, '')], { kind: 'unknown', tries: 1 }],
    ['400 without a code', [json(400, { message: 'no' })], { kind: 'unknown', tries: 1 }],
    ['redirect', [json(302, '', { location: '/login' })], { kind: 'unknown', error: { reason: 'redirect' } }],
    ['login page', [html(200, '<title>Sign in</title>')], { kind: 'unknown', error: { reason: 'web_page' } }],
    ['no run id', [json(200, {})], { kind: 'unknown', error: { reason: 'answer' } }],
    ['a run id that is none', [json(200, { run_id: 'x' })], { kind: 'unknown', error: { reason: 'answer' } }],
    ['error with status 200', [json(200, { error_code: 'X', run_id: 1 })], { kind: 'unknown' }],
    ['lost, then answered', [hangUp, taken], { kind: 'taken', tries: 2 }],
    ['half an answer, then whole', [halfABody, taken], { kind: 'taken', tries: 2 }],
    ['lost, then refused', [hangUp, refusal], { kind: 'unknown', tries: 2, error: { kind: 'refused' } }],
    ['lost, then throttled', [hangUp, throttled], { kind: 'unknown', tries: 2, error: { kind: 'throttled' } }],
  ]
  for (const [name, steps, expected] of cases) {
    const stub = await startStub(t)
    stub.on(RUN_NOW, ...steps)
    t.match(await startClient(t, { host: stub.url }).runNow(body, soon()), expected, name)
    t.ok(
      stub.calls.filter((call) => call.route === RUN_NOW).every((call) => call.body === body),
      `${name}: the same bytes`,
    )
  }
})

t.test('an answer that does not come leaves time for other tries', async (t) => {
  const stub = await startStub(t)
  const clock = createManualClock()
  const client = startClient(t, { host: stub.url, clock })
  const arrivals = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const
  const lose =
    ({ resolve }: PromiseWithResolvers<void>): Step =>
    () =>
      resolve()
  stub.on(RUN_NOW, lose(arrivals[0]), lose(arrivals[1]), taken)
  const submission = client.runNow(body, { deadline: clock.now() + 8000 })
  await arrivals[0].promise
  clock.advance(4000)
  await arrivals[1].promise
  clock.advance(2000)
  t.match(await submission, { kind: 'taken', tries: 3 })

  const arrival = Promise.withResolvers<void>()
  stub.on(RUN_NOW, lose(arrival))
  const hopeless = client.runNow(body, { deadline: clock.now() + 900 })
  await arrival.promise
  clock.advance(900)
  t.match(await hopeless, { kind: 'unknown', tries: 1, error: { reason: 'timeout', message: /No answer .* 900 ms/ } })
})

t.test('what never left is not taken', async (t) => {
  const auth = { type: 'pat', token: () => 'dapi' } as const
  const stub = await startStub(t)

  // Time stands still and a retry would come too late: one try each.
  const clock = createManualClock()
  const oneTry = { clock, auth, random: () => 0.5 }
  const briefly = { deadline: clock.now() + 100 }
  const refused = await startClient(t, { ...oneTry, host: await closedPort() }).runNow(body, briefly)
  t.match(refused, { kind: 'not_taken', error: { reason: 'connection', sent: false, message: /ECONNREFUSED/ } })
  const noTls = await startClient(t, { ...oneTry, host: stub.url.replace('http:', 'https:') }).runNow(body, briefly)
  t.match(noTls, { kind: 'not_taken', tries: 1, error: { reason: 'connection', sent: false } }, 'TLS')

  stub.on(TOKEN, json(401, { error: 'invalid_client' }))
  const noToken = await startClient(t, { host: stub.url }).runNow(body, soon())
  t.match(noToken, { kind: 'not_taken', tries: 1, error: { kind: 'credential', sent: false } }, 'no token')

  stub.on(TOKEN, never)
  const slowToken = await startClient(t, { host: stub.url }).runNow(body, { deadline: Date.now() + 100 })
  t.match(slowToken, { kind: 'not_taken', error: { reason: 'timeout', sent: false } }, 'no token in time')

  const late = await startClient(t, { host: stub.url, auth }).runNow(body, { deadline: Date.now() - 1 })
  t.match(late, { kind: 'not_taken', error: { reason: 'timeout', sent: false } }, 'too late')

  const signal = AbortSignal.abort()
  const aborted = await startClient(t, { host: stub.url, auth }).runNow(body, { ...soon(), signal })
  t.match(aborted, { kind: 'not_taken', error: { reason: 'aborted', sent: false } }, 'given up before')
  t.equal(stub.count(RUN_NOW), 0)
})

t.test('given up while under way: unknown', async (t) => {
  const stub = await startStub(t)
  const controller = new AbortController()
  stub.on(RUN_NOW, () => controller.abort())
  const submission = await startClient(t, { host: stub.url }).runNow(body, { ...soon(), signal: controller.signal })
  t.match(submission, { kind: 'unknown', tries: 1, error: { reason: 'aborted', sent: true } })
})

t.test('closing the client ends what is under way, as unknown', async (t) => {
  const stub = await startStub(t)
  const client = startClient(t, { host: stub.url })
  stub.on(RUN_NOW, () => void client.close())
  t.match(await client.runNow(body, soon()), { kind: 'unknown', tries: 1, error: { reason: 'aborted' } })
  t.match(await client.runNow(body, soon()), { kind: 'not_taken', error: { reason: 'aborted' } })
})

t.test('a throttled post waits as long as it is told, and gives up where that does not fit', async (t) => {
  const stub = await startStub(t)
  const clock = createManualClock()
  const facts: unknown[] = []
  const observer = {
    request: (endpoint: string, code: string) => facts.push([endpoint, code]),
    retry: (endpoint: string, reason: string) => facts.push(['retry', endpoint, reason]),
    tokenRefresh: (result: string) => facts.push(['token', result]),
    up: (isUp: boolean) => facts.push(['up', isUp]),
    credentialRefused: (isRefused: boolean) => facts.push(['credential refused', isRefused]),
  }
  stub.on(RUN_NOW, json(429, {}, { 'retry-after': '7' }), taken)
  const client = startClient(t, { host: stub.url, clock, observer })
  const submission = client.runNow(body, { deadline: clock.now() + 60_000 })
  await clock.untilAsleep(7000)
  t.equal(stub.count(RUN_NOW), 1)
  clock.advance(7000)
  t.match(await submission, { kind: 'taken', tries: 2 })
  t.strictSame(facts, [
    ['token', '404'],
    ['token', '404'],
    ['token', '200'],
    ['token', 'ok'],
    ['run_now', '429'],
    ['retry', 'run_now', 'throttled'],
    ['run_now', '200'],
  ])

  clock.advance(1000)
  stub.on(RUN_NOW, json(429, {}, { 'retry-after': '7' }))
  t.match(await client.runNow(body, { deadline: clock.now() + 7000 }), { kind: 'not_taken', tries: 1 })
})

t.test('500 posts on 64 connections all arrive once', async (t) => {
  const stub = await startStub(t)
  stub.on(RUN_NOW, taken)
  const client = startClient(t, { host: stub.url })
  const submissions = await Promise.all(Array.from({ length: 500 }, () => client.runNow(body, soon())))
  t.ok(submissions.every(({ kind, tries }) => kind === 'taken' && tries === 1))
  t.equal(stub.count(RUN_NOW), 500)
  t.equal(stub.count(TOKEN), 1)
})

t.test('a post that waited for a connection in vain never leaves, not even later', async (t) => {
  const stub = await startStub(t)
  const held: (() => void)[] = []
  stub.on(RUN_NOW, (response, request) => void held.push(() => taken(response, request)))
  const client = startClient(t, { host: stub.url, auth: { type: 'pat', token: () => 'dapi' } })
  const holding = Array.from({ length: 64 }, () => client.runNow(body, soon()))
  const late = await client.runNow(body, { deadline: Date.now() + 500 })
  t.match(late, { kind: 'not_taken', error: { reason: 'timeout', sent: false, message: /No connection/ } })
  for (const release of held) {
    release()
  }
  stub.on(RUN_NOW, taken)
  t.ok((await Promise.all(holding)).every(({ kind }) => kind === 'taken'))
  t.match(await client.runNow(body, soon()), { kind: 'taken', tries: 1 })
  t.equal(stub.count(RUN_NOW), 65)
})
