import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { text as readText } from 'node:stream/consumers'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { Pool } from 'undici'
import { LIST_KINDS, MAP_KINDS } from '../../src/config/schema/jobs.ts'
import { ACTIVE_STATES } from '../../src/runs/run.ts'
import { findFault } from '../support/check-answer.ts'
import { createFindUndescribed } from '../support/described-answers.ts'
import { type Gateway, KEYS, startGateway, startSimulator, writeConfig } from '../support/gateway.ts'
import { callerSecrets, callers } from '../support/hostile-credentials.ts'
import { requestsOf, type WireRequest } from '../support/hostile-requests.ts'
import { jsonText, text } from '../support/hostile-values.ts'
import { readSamples } from '../support/metric-samples.ts'

const CLIENT_SECRET = 'secret-of-the-service-principal'
/** Ten times as many find more, and take ten times as long. */
const CALLS = Number(process.env['FUZZ_CALLS'] ?? 4_000)
/** All that the gateway asks of a workspace, whatever it is asked itself. */
const UPSTREAM = [
  'GET /.well-known/databricks-config',
  'GET /oidc/.well-known/oauth-authorization-server',
  'POST /oidc/v1/token',
  ...['run-now', 'runs/cancel', 'runs/repair'].map((name) => `POST /api/2.2/jobs/${name}`),
  ...['get', 'list', 'runs/get', 'runs/get-output', 'runs/list'].map((name) => `GET /api/2.2/jobs/${name}`),
]

/** In an order that lists can have: what may be left out at their end has no default. */
const parameters = {
  count: { type: 'integer', minimum: -5, maximum: 5, default: 1 },
  full: { type: 'boolean', default: false },
  region: { enum: ['NORTE', 'SUR'], default: 'SUR' },
  day: { type: 'date' },
  share: { type: 'number' },
  name: { pattern: '[a-z]+', max_length: 10 },
}
/** One job for each way in which Databricks takes parameters of one's own, and two that are different. */
const typed = Object.fromEntries(
  [...MAP_KINDS, ...LIST_KINDS]
    .filter((kind) => kind !== 'pipeline_params')
    .map((kind) => [kind, { job_id: '11', parameters_as: kind, parameters }]),
)
const jobs = {
  ...typed,
  open: { job_id: '11', parameters_as: 'notebook_params', additional_parameters: true },
  pipeline: {
    job_id: '11',
    parameters_as: 'pipeline_params',
    parameters: { full_refresh: { type: 'boolean' }, refresh_selection: {} },
  },
}

t.test(`${CALLS} requests of all kinds: each answer as described, no 5xx, no secret anywhere`, async (t) => {
  const simulator = await startSimulator(t, {
    jobs: [
      {
        job_id: '11',
        name: 'quick',
        max_concurrent_runs: 1000,
        pending_ms: 0,
        cleanup_ms: 0,
        parameters: Object.keys(parameters).map((name) => ({ name, default: '' })),
        tasks: [{ task_key: 'main', duration_ms: 0, outcome: ['success', 'failed', 'canceled', 'success', 'success'] }],
      },
    ],
    credentials: { client_secret: CLIENT_SECRET },
  })
  const config = writeConfig(t, simulator, { jobs, clients: callers, server: { max_wait_seconds: 1 } })
  const gateway = await startGateway(t, config, { TEST_CLIENT_SECRET: CLIENT_SECRET })
  const runIds: string[] = []
  for (const key of ['K-1', 'K-2', 'K-3']) {
    const { body } = await gateway.trigger('open', undefined, { key })
    runIds.push(body.id, (await gateway.ended(body.id)).databricks_run_id)
  }
  const document = JSON.parse(readFileSync(new URL('../../openapi/openapi.json', import.meta.url), 'utf8'))
  const findUndescribed = createFindUndescribed(document)
  const requests = requestsOf(document, {
    job: [...Object.keys(jobs), 'open', 'open', 'open'],
    id: runIds,
    key: ['K-1', 'K-2', 'K-3', 'K-4', 'K-5'],
    code: ['internal', 'key-required'],
    state: ['FAILED', 'running'],
    result: ['OK', 'ko'],
    since: ['2026-01-01', '2026-01-01T00:00:00Z'],
    workspace: ['main'],
    client: ['control-m'],
    ref: ['SALES/LOAD', 'SALES/*'],
    include: ['tasks', 'attempts', 'tasks,attempts'],
  })
  const secrets = [...callerSecrets, CLIENT_SECRET, ...simulator.accessTokens()]
  const ask = openPool(t, gateway)
  const before = await readTotals(gateway)
  const answered = new Map<string, number>()

  const hold = async (request: WireRequest) => {
    const answer = await ask(request)
    answered.set(String(answer.status), (answered.get(String(answer.status)) ?? 0) + 1)
    const fault = findFault(request, answer, secrets) ?? findUndescribed(request, answer)
    if (fault !== undefined) throw new Error(`${fault}: ${answer.status} ${answer.text.slice(0, 1000)}`)
    return answer
  }
  const holdTypes = async (request: WireRequest) => {
    const { status, text } = await hold(request)
    if (status < 300) checkTypes(JSON.parse(text).parameters)
    else if (status !== 422) throw new Error(`neither taken nor refused: ${status} ${text}`)
  }
  // The same requests at each run, so that a red one can be mended; FUZZ_SEED=random, or a number, asks for others.
  const asked = process.env['FUZZ_SEED']
  let seed = asked === 'random' ? Date.now() % 2 ** 31 : Number(asked ?? 20_261_122)
  t.comment(`FUZZ_SEED=${seed}`)
  const assert = (
    numRuns: number,
    requests: fc.Arbitrary<WireRequest>,
    check: (request: WireRequest) => Promise<unknown>,
  ) =>
    fc.assert(
      fc.asyncProperty(requests, async (request) => void (await check(request))),
      { numRuns, seed: seed++, includeErrorInReport: true },
    )
  // Side by side, as callers come, and so that waits cost no time.
  const began = performance.now()
  const streams = [1, 2, 3, 4].flatMap(() => [
    assert(Math.ceil(CALLS * 0.2), requests, hold),
    assert(Math.ceil(CALLS * 0.05), parameterRequests(), holdTypes),
  ])
  await Promise.all(streams)
  const seconds = (performance.now() - began) / 1000
  t.comment(`${CALLS} calls in ${seconds.toFixed(1)} s, by status: ${JSON.stringify(Object.fromEntries(answered))}`)

  t.match(await gateway.call('GET', '/readyz'), { status: 200, body: { status: 'ready' } }, 'alive and ready')
  const { body } = await gateway.trigger('job_parameters', { parameters: { day: '2026-11-22' } }, { key: 'AFTER' })
  t.match(await gateway.ended(body.id), { parameters: { day: '2026-11-22', count: 1, full: false, region: 'SUR' } })

  for (const state of ACTIVE_STATES) {
    const { body } = await gateway.call('GET', `/runs?state=${state}`)
    for (const { id } of body.runs) await gateway.ended(id)
  }
  const { byStatus, ...after } = await readTotals(gateway)
  t.equal(after.ended, after.attempts, 'every attempt that was begun is counted as ended, once')
  t.equal(after.anonymous - before.anonymous, answered.get('401'), 'every 401 is counted')
  for (const [status, count] of answered) {
    // Calls of the test itself come on top; none of them is refused.
    const counted = (byStatus[status] ?? 0) - (before.byStatus[status] ?? 0)
    if (Number(status) < 300) t.ok(counted >= count, `every ${status} is counted`)
    else t.equal(counted, count, `every ${status} is counted, once`)
  }
  const foreign = Object.keys(simulator.counts()).filter((call) => !UPSTREAM.includes(call))
  t.same(foreign, [], 'Databricks was asked nothing else')

  const metrics = await (await fetch(`${gateway.metricsUrl}/metrics`)).text()
  gateway.signal('SIGTERM')
  t.equal(await gateway.exited, 0)
  const ledger = join(dirname(config), 'data')
  const places = {
    ...{ log: gateway.output(), metrics },
    ...Object.fromEntries(readdirSync(ledger).map((file) => [file, readFileSync(join(ledger, file), 'latin1')])),
  }
  for (const [place, text] of Object.entries(places)) {
    const seen = secrets.filter((secret) => text.includes(secret))
    t.same(seen, [], `no secret in ${place}`)
  }
  const lines = gateway.lines()
  t.equal(lines.length, gateway.output().trimEnd().split('\n').length, 'every line of the log is one of its own')
  t.same(
    lines.filter(({ level }) => level === 'error' || level === 'fatal'),
    [],
    'no line of an error',
  )
  t.equal(gateway.stderr(), '')
})

t.test('what is no HTTP request is answered with a problem, too', async (t) => {
  const simulator = await startSimulator(t)
  const gateway = await startGateway(t, writeConfig(t, simulator, { jobs: { quick: { job_id: '11' } } }))
  const { port, hostname } = new URL(gateway.url)
  const post = 'POST /trigger/quick HTTP/1.1\r\nHost: a\r\n'
  const cases: [name: string, bytes: string, status: number][] = [
    ['unknown method', 'NONSENSE / HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['unknown version', 'GET / HTTP/9.9\r\nHost: a\r\n\r\n', 400],
    ['header without colon', 'GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n', 400],
    ['header with NUL', 'GET / HTTP/1.1\r\nHost: a\r\nx: a\0b\r\n\r\n', 400],
    ['too much of a header', `GET / HTTP/1.1\r\nHost: a\r\nx: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['two lengths', `${post}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    ['negative length', `${post}Content-Length: -1\r\n\r\n`, 400],
    ['no chunk', `${post}x-api-key: ${KEYS['control-m']}\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n`, 400],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
    ['unreadable path', 'GET /%zz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 400],
  ]
  for (const [name, bytes, status] of cases) {
    const socket = connect(Number(port), hostname)
    t.teardown(() => socket.destroy())
    socket.write(bytes, 'latin1')
    const [head = '', body = ''] = (await readText(socket)).split('\r\n\r\n')
    t.match(head, new RegExp(`^HTTP/1.1 ${status} .*content-type: application/problem\\+json`, 'is'), name)
    t.match(
      JSON.parse(body),
      { type: /^http:.*\/problems\//, title: /./, status, detail: /./, code: /./, retryable: false, request_id: /./ },
      name,
    )
  }
  t.match(await gateway.call('GET', '/readyz'), { status: 200 })
})

/** What the gateway has counted so far. */
async function readTotals({ metricsUrl }: Gateway) {
  const samples = readSamples(await (await fetch(`${metricsUrl}/metrics`)).text())
  const of = (name: string) => samples.filter((sample) => sample.name === name)
  const sum = (name: string) => of(name).reduce((total, { value }) => total + value, 0)
  const byStatus: Record<string, number> = {}
  for (const { labels, value } of of('http_server_request_duration_seconds_count')) {
    const status = labels['http_response_status_code'] ?? ''
    byStatus[status] = (byStatus[status] ?? 0) + value
  }
  return {
    byStatus,
    anonymous: sum('job_gateway_auth_failures_total'),
    attempts: sum('job_gateway_attempts_total'),
    ended: sum('job_gateway_runs_finished_total'),
  }
}

/** Sends to the gateway over connections that stay open. */
function openPool(t: Test, { url }: Gateway) {
  const pool = new Pool(url, { connections: 8, headersTimeout: 10_000, bodyTimeout: 10_000 })
  t.teardown(() => pool.close())
  return async ({ method, path, headers, body }: WireRequest) => {
    const answer = await pool.request({ method: method as 'GET', path, headers: headers.flat(), body })
    return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() }
  }
}

/** Well made triggers of which one or two parameters may be anything. */
function parameterRequests(): fc.Arbitrary<WireRequest> {
  const value = fc.oneof(
    { weight: 3, arbitrary: text.map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: jsonText },
  )
  const good = fc.record({
    day: fc.constantFrom('"2026-11-22"', '"20261122"'),
    count: fc.integer({ min: -5, max: 5 }).map(String),
    share: fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    full: fc.constantFrom('true', '"false"'),
    region: fc.constantFrom('"NORTE"', '"SUR"'),
    name: fc.stringMatching(/^[a-z]{1,10}$/).map((name) => JSON.stringify(name)),
  })
  const odd = fc.dictionary(fc.constantFrom(...Object.keys(parameters)), value, { maxKeys: 2 })
  return fc.record({ job: fc.constantFrom(...Object.keys(typed)), good, odd }).map(({ job, good, odd }) => {
    const members = Object.entries({ ...good, ...odd }).map(([name, value]) => `"${name}":${value}`)
    const headers: WireRequest['headers'] = [['x-api-key', KEYS['control-m']]]
    const body = `{"parameters":{${members.join(',')}}}`
    return { method: 'POST', path: `/trigger/${job}`, headers, body, anonymous: false }
  })
}

/** What was taken is what the job declares. */
function checkTypes(taken: Record<string, unknown>) {
  const { day, count, share, full, region, name } = taken
  const fits =
    /^\d{4}-\d{2}-\d{2}$/.test(String(day)) &&
    Number.isInteger(count) &&
    Math.abs(Number(count)) <= 5 &&
    typeof share === 'number' &&
    typeof full === 'boolean' &&
    ['NORTE', 'SUR'].includes(String(region)) &&
    /^[a-z]{1,10}$/.test(String(name))
  if (!fits) throw new Error(`taken: ${JSON.stringify(taken)}`)
}
