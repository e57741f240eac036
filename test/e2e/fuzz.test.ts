import { connect } from 'node:net'
import { text as readText } from 'node:stream/consumers'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { Pool } from 'undici'
import { LIST_KINDS, MAP_KINDS } from '../../src/config/schema/jobs.ts'
import { findFault } from '../support/check-answer.ts'
import { type Gateway, KEYS, startGateway, startSimulator, writeConfig } from '../support/gateway.ts'
import { requestsOf, type WireRequest } from '../support/hostile-requests.ts'
import { jsonText, text } from '../support/hostile-values.ts'

const CLIENT_SECRET = 'secret-of-the-service-principal'

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

t.test('10,000 requests of all kinds: no 5xx, nothing unhandled, always a problem', async (t) => {
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
  const config = writeConfig(t, simulator, { jobs, server: { max_wait_seconds: 1 } })
  const gateway = await startGateway(t, config, { TEST_CLIENT_SECRET: CLIENT_SECRET })
  const ask = openPool(t, gateway)

  const runIds: string[] = []
  for (const key of ['K-1', 'K-2', 'K-3']) {
    const { body } = await gateway.trigger('open', undefined, { key })
    runIds.push(body.id, (await gateway.ended(body.id)).databricks_run_id)
  }
  const { body: document } = await gateway.call('GET', '/openapi.json')
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
  const secrets = [...Object.values(KEYS), CLIENT_SECRET, ...simulator.accessTokens()]

  const hold = async (request: WireRequest) => {
    const answer = await ask(request)
    const fault = findFault(request, answer, secrets)
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
  const streams = [1, 2, 3, 4].flatMap(() => [
    assert(1750, requests, hold),
    assert(750, parameterRequests(), holdTypes),
  ])
  await Promise.all(streams)

  t.match(await gateway.call('GET', '/readyz'), { status: 200, body: { status: 'ready' } }, 'alive and ready')
  const { body } = await gateway.trigger('job_parameters', { parameters: { day: '2026-11-22' } }, { key: 'AFTER' })
  t.match(await gateway.ended(body.id), { parameters: { day: '2026-11-22', count: 1, full: false, region: 'SUR' } })
  const troubled = gateway.lines().filter(({ level }) => level === 'error' || level === 'fatal')
  t.same(troubled, [], 'no line of an error')
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
    return { method: 'POST', path: `/trigger/${job}`, headers, body: `{"parameters":{${members.join(',')}}}` }
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
