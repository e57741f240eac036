import t, { type Test } from 'tap'
import { GENEROUS_BUDGET } from '../support/generous-budget.ts'
import { createManualClock } from './support/manual-clock.ts'
import { GET_RUN, hangUp, html, json, never, RUN_NOW, type Step, startStub, TOKEN } from './support/stub-workspace.ts'
import { soon, startClient } from './support/test-client.ts'

const PROBE = 'GET /api/2.2/jobs/list'
const auth = { type: 'pat', token: () => 'dapi-1' } as const
const run = json(200, { run_id: 5, job_id: 6 })
const denied = json(403, { error_code: 'PERMISSION_DENIED', message: 'no permission to list jobs' })

/** A workspace of which every look at a run fails, and its client, in time that stands still. */
async function startDead(t: Test, how: Step = hangUp) {
  const stub = await startStub(t)
  const clock = createManualClock()
  const told: boolean[] = []
  const observer = {
    request() {},
    retry() {},
    tokenRefresh() {},
    credentialRefused() {},
    up: (is: boolean) => told.push(is),
  }
  stub.on(GET_RUN, how)
  stub.on(PROBE, hangUp)
  const client = startClient(t, { host: stub.url, auth, clock, observer })
  const look = () => client.getRun('5', { deadline: clock.now() + 20_000 })
  return { stub, clock, told, client, look }
}

t.test('five failures in a row: nothing is sent but a probe every 5 s, until one is answered', async (t) => {
  const { stub, clock, told, client, look } = await startDead(t)
  const since = clock.now()
  await t.rejects(look(), { name: 'DatabricksError', reason: 'connection' }, 'its tries are five failures')
  t.equal(stub.count(GET_RUN), 5, 'and then it is not tried again')
  t.match(client.illness(), { since, reason: /connection to .* failed/ })
  t.strictSame([client.takeTurn(), client.available('runs_get')], [false, 0])
  t.strictSame(told, [false])

  const day = new Date(since).toISOString()
  const refusal = {
    kind: 'unavailable',
    reason: 'ill',
    sent: false,
    message: `Databricks has not answered since ${day}`,
  }
  for (let n = 0; n < 100; n++) t.match(await look().catch((error) => error.message), refusal.message)
  t.match(await client.runNow('{}', soon()), { kind: 'not_taken', error: { ...refusal, message: /every 5 s/ } })
  t.equal(stub.calls.length, 5, 'not sent')

  for (const probes of [1, 2, 3]) {
    await clock.untilAsleep(5000)
    const seen = new Promise<void>((resolve) =>
      stub.on(PROBE, (response, request) => {
        hangUp(response, request)
        resolve()
      }),
    )
    clock.advance(4999)
    t.equal(stub.count(PROBE), probes - 1)
    clock.advance(1)
    await seen
  }
  t.equal(client.illness()?.since, since)

  stub.on(PROBE, denied)
  stub.on(GET_RUN, run)
  await clock.untilAsleep(5000)
  clock.advance(5000)
  while (client.illness()) await new Promise(setImmediate)
  t.match(await look(), { run_id: '5' }, 'a refusal is an answer')
  t.strictSame(told, [false, true])
  t.strictSame(stub.calls.at(-2)?.query, { limit: '1' })
  clock.advance(60_000)
  t.match(await look(), { run_id: '5' })
  t.equal(stub.count(PROBE), 4, 'no more probes')
})

t.test('what counts as a failure', async (t) => {
  const cases: [string, Step, boolean][] = [
    ['no answer', hangUp, true],
    ['500', json(500, { error_code: 'INTERNAL_ERROR', message: 'x' }), true],
    ['503', json(503, '', { 'retry-after': '3600' }), true],
    ['login page', html(200, '<title>Sign in</title>'), true],
    ['page of something on the way', html(404, '<title>Blocked</title>'), true],
    ['redirect', json(302, '', { location: '/login' }), true],
    ['refusal', json(400, { error_code: 'INVALID_PARAMETER_VALUE', message: 'no' }), false],
    ['unknown run', json(404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'no' }), false],
    ['conflict', json(409, {}), false],
    ['credential refused', json(401, {}), false],
    ['throttled', json(429, {}, { 'retry-after': '0' }), false],
    ['throttled under 500', json(500, { error_code: 'REQUEST_LIMIT_EXCEEDED' }, { 'retry-after': '3600' }), false],
    ['an answer without a run', json(200, {}), false],
    ['too large', json(200, ' '.repeat(17 * 2 ** 20)), false],
  ]
  for (const [name, step, isFailure] of cases) {
    const stub = await startStub(t)
    stub.on(GET_RUN, step)
    stub.on(PROBE, hangUp)
    const client = startClient(t, { host: stub.url, auth })
    const signal = AbortSignal.timeout(300)
    for (let n = 0; n < 5; n++) await client.getRun('5', { ...soon(), signal }).catch(() => {})
    t.equal(client.illness() !== undefined, isFailure, name)
  }
})

t.test('an answer in between begins the count anew', async (t) => {
  const stub = await startStub(t)
  const client = startClient(t, { host: stub.url, auth })
  stub.on(GET_RUN, hangUp, hangUp, hangUp, hangUp, run)
  for (let n = 0; n < 3; n++) {
    stub.on(GET_RUN, hangUp, hangUp, hangUp, hangUp, run)
    t.match(await client.getRun('5', soon()), { run_id: '5' })
  }
  t.equal(client.illness(), undefined)
})

t.test('a dead token endpoint makes it ill too', async (t) => {
  const stub = await startStub(t)
  stub.on(TOKEN, hangUp)
  stub.on('GET /.well-known/databricks-config', hangUp)
  stub.on('GET /oidc/.well-known/oauth-authorization-server', hangUp)
  const client = startClient(t, { host: stub.url })
  while (!client.illness()) await client.getRun('5', soon()).catch(() => {})
  const calls = stub.calls.length
  await t.rejects(client.getRun('5', soon()), { name: 'DatabricksError', reason: 'ill' })
  t.equal(stub.calls.length, calls)
})

t.test('nobody waits any longer once it is ill', async (t) => {
  const { stub, clock, client, look } = await startDead(t, never)
  const budget = { ...GENEROUS_BUDGET, cancel: 1 }
  const slow = startClient(t, { host: stub.url, auth, clock, budget })
  stub.on('POST /api/2.2/jobs/runs/cancel', json(200, {}))
  await slow.cancelRun('5', { deadline: clock.now() + 60_000 })
  const queued = slow.cancelRun('6', { deadline: clock.now() + 60_000 })
  stub.on(GET_RUN, hangUp)
  await t.rejects(slow.getRun('5', { deadline: clock.now() + 20_000 }), {
    name: 'DatabricksError',
    reason: 'connection',
  })
  await t.rejects(queued, { name: 'DatabricksError', reason: 'ill', sent: false })
  t.equal(client.illness(), undefined, 'each workspace by itself')
  await t.rejects(look(), { name: 'DatabricksError', reason: 'connection' })
})

t.test('closing ends the probes', async (t) => {
  const { stub, clock, client, look } = await startDead(t)
  await t.rejects(look(), { name: 'DatabricksError', reason: 'connection' })
  await clock.untilAsleep(5000)
  await client.close()
  clock.advance(5000)
  await new Promise(setImmediate)
  t.equal(stub.count(PROBE), 0)
})

t.test('a turn that is taken is one token, whoever sends', async (t) => {
  const stub = await startStub(t)
  const clock = createManualClock()
  const client = startClient(t, { host: stub.url, auth, clock, budget: { ...GENEROUS_BUDGET, run_now: 4 } })
  stub.on(RUN_NOW, json(200, { run_id: 1 }))
  t.ok(client.takeTurn())
  const call = { deadline: clock.now() + 900 }
  t.match(await client.runNow('{}', { ...call, turn: 'taken' }), { kind: 'taken' })
  t.match(await client.runNow('{}', call), { kind: 'taken' }, 'the second of two')
  t.equal(client.remaining().run_now, 0)
  t.notOk(client.takeTurn())
  t.match(await client.runNow('{}', call), { kind: 'not_taken', error: { reason: 'budget', sent: false } })
  clock.advance(250)
  t.equal(client.remaining().run_now, 0.5)
  t.ok(client.takeTurn())
})

t.test('too many requests hold the endpoint, a full workspace does not', async (t) => {
  const stub = await startStub(t)
  const clock = createManualClock()
  const client = startClient(t, { host: stub.url, auth, clock })
  const call = { deadline: clock.now() + 900 }
  stub.on(RUN_NOW, json(429, { error_code: 'RESOURCE_EXHAUSTED', message: 'The limit of active runs is reached.' }))
  t.match(await client.runNow('{}', call), { kind: 'not_taken', tries: 1, error: { reason: 'capacity' } })
  t.ok(client.takeTurn())
  stub.on(RUN_NOW, json(429, {}))
  t.match(await client.runNow('{}', call), { kind: 'not_taken', tries: 1, error: { reason: 'throttled' } })
  t.notOk(client.takeTurn())
  clock.advance(1000)
  t.ok(client.takeTurn())
})

t.test('since when the credential is refused', async (t) => {
  const stub = await startStub(t)
  const clock = createManualClock()
  const client = startClient(t, { host: stub.url, auth, clock })
  const look = () => client.getRun('5', { deadline: clock.now() + 20_000 }).catch(() => {})
  const refused = json(401, {})
  stub.on(GET_RUN, refused, run)
  await look()
  t.equal(client.credentialRefusedSince(), undefined, 'the second try was taken')
  stub.on(GET_RUN, json(403, { error_code: 403, message: 'Invalid access token.' }))
  await look()
  const since = clock.now()
  clock.advance(60_000)
  stub.on(GET_RUN, hangUp, refused)
  await look()
  t.equal(client.credentialRefusedSince(), since)
  stub.on(GET_RUN, json(404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'no' }))
  await look()
  t.equal(client.credentialRefusedSince(), undefined, 'only who is let in is told that')
})
