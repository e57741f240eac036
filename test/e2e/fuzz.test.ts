import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { ACTIVE_STATES } from '../../src/runs/run.ts'
import { parameters, startFuzzed, typed } from '../support/fuzzed-gateway.ts'
import { type Gateway, KEYS } from '../support/gateway.ts'
import type { WireRequest } from '../support/hostile-requests.ts'
import { jsonText, text } from '../support/hostile-values.ts'
import { readSamples } from '../support/metric-samples.ts'

/** Ten times as many find more, and take ten times as long. */
const CALLS = Number(process.env['FUZZ_CALLS'] ?? 4_000)
/** The same requests at each run, so that a red one can be mended; FUZZ_SEED=random, or a number, asks for others. */
const asked = process.env['FUZZ_SEED']
const SEED = asked === 'random' ? Date.now() % 2 ** 31 : Number(asked ?? 20_261_122)
/** All that the gateway asks of a workspace, whatever it is asked itself. */
const UPSTREAM = [
  'GET /.well-known/databricks-config',
  'GET /oidc/.well-known/oauth-authorization-server',
  'POST /oidc/v1/token',
  ...['run-now', 'runs/cancel', 'runs/repair'].map((name) => `POST /api/2.2/jobs/${name}`),
  ...['get', 'list', 'runs/get', 'runs/get-output', 'runs/list'].map((name) => `GET /api/2.2/jobs/${name}`),
]

t.test(`${CALLS} requests of all kinds: each answer as described, no 5xx, no secret anywhere`, async (t) => {
  const { simulator, config, gateway, secrets, requests, signed, answered, hold, resume } = await startFuzzed(t)
  const before = await readTotals(gateway)
  const holdTypes = async (request: WireRequest) => {
    const { status, text } = await hold(request)
    if (status < 300) checkTypes(JSON.parse(text).parameters)
    else if (status !== 422 && status !== 503) throw new Error(`neither taken nor refused: ${status} ${text}`)
  }
  await send(t, [
    { calls: CALLS * 0.75, requests, check: hold },
    { calls: CALLS * 0.05, requests: signed, check: hold },
    { calls: CALLS * 0.2, requests: parameterRequests(), check: holdTypes },
  ])
  t.comment(`by status: ${JSON.stringify(Object.fromEntries(answered))}`)

  const sent = await readTotals(gateway)
  t.equal(sent.anonymous - before.anonymous, answered.get(401), 'every 401 is counted')
  for (const [status, count] of answered) {
    t.equal((sent.byStatus[status] ?? 0) - (before.byStatus[status] ?? 0), count, `every ${status} is counted, once`)
  }

  await resume()
  t.match(await gateway.call('GET', '/readyz'), { status: 200, body: { status: 'ready' } }, 'alive and ready')
  const { body } = await gateway.trigger('job_parameters', { parameters: { day: '2026-11-22' } }, { key: 'AFTER' })
  t.match(await gateway.ended(body.id), { parameters: { day: '2026-11-22', count: 1, full: false, region: 'SUR' } })
  for (const state of ACTIVE_STATES) {
    const list = async () => (await gateway.call('GET', `/runs?state=${state}&limit=200`)).body.runs
    for (let runs = await list(); runs.length > 0; runs = await list()) {
      for (const { id } of runs) await gateway.ended(id)
    }
  }
  const { attempts, ended } = await readTotals(gateway)
  t.equal(ended, attempts, 'every attempt that was begun is counted as ended, once')
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

t.test('with Databricks in trouble: each answer as described, too', async (t) => {
  const { simulator, gateway, requests, answered, hold, resume } = await startFuzzed(t, { trouble: [502, 503] })
  const said = { error_code: 'INVALID_PARAMETER_VALUE', message: 'no' }
  for (const fault of [
    ...[
      { status: 500, body: '<html>' },
      { status: 403, body: said },
      { status: 400, body: said },
      { status: 404, body: said },
    ],
    ...[{ drop: true }, { half: true, when: 'after' as const }, { body: 'no JSON' }, { status: 429 }],
  ]) {
    simulator.addFault({ path: '/api/2.2/jobs/*', probability: 0.07, times: null, ...fault })
  }
  await send(t, [{ calls: CALLS * 0.2, requests, check: hold }])
  t.comment(`by status: ${JSON.stringify(Object.fromEntries(answered))}`)
  simulator.clearFaults()
  await resume()
  t.match(await gateway.call('GET', '/readyz'), { status: 200 }, 'alive')
  const { body } = await gateway.trigger('open', undefined, { key: 'AFTER' })
  t.match(await gateway.ended(body.id), { state: /./, done: true }, 'and well again')
})

interface Stream {
  calls: number
  requests: fc.Arbitrary<WireRequest>
  check(request: WireRequest): Promise<unknown>
}

/** Each by four side by side, as callers come, and so that waits cost no time. */
async function send(t: Test, streams: Stream[]) {
  t.comment(`FUZZ_SEED=${SEED}`)
  let seed = SEED
  const began = performance.now()
  const four = streams.flatMap((stream) => [1, 2, 3, 4].map(() => stream))
  await Promise.all(
    four.map(({ calls, requests, check }) =>
      fc.assert(
        fc.asyncProperty(requests, async (request) => void (await check(request))),
        { numRuns: Math.ceil(calls / 4), seed: seed++, includeErrorInReport: true },
      ),
    ),
  )
  const total = streams.reduce((sum, { calls }) => sum + calls, 0)
  t.comment(`${total} calls in ${((performance.now() - began) / 1000).toFixed(1)} s`)
}

/** What the gateway has counted so far. */
async function readTotals({ metricsUrl }: Gateway) {
  const samples = readSamples(await (await fetch(`${metricsUrl}/metrics`)).text())
  const of = (name: string) => samples.filter((sample) => sample.name === name)
  const sum = (name: string) => of(name).reduce((total, { value }) => total + value, 0)
  const byStatus: Record<number, number> = {}
  for (const { labels, value } of of('http_server_request_duration_seconds_count')) {
    const status = Number(labels['http_response_status_code'])
    byStatus[status] = (byStatus[status] ?? 0) + value
  }
  return {
    byStatus,
    anonymous: sum('job_gateway_auth_failures_total'),
    attempts: sum('job_gateway_attempts_total'),
    ended: sum('job_gateway_runs_finished_total'),
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
