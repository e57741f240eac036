import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { startTracing } from '../../src/tracing.ts'
import { KEYS, startGateway, startSimulator, writeConfig } from '../support/gateway.ts'
import type { Span } from './otlp.ts'
import { startReceiver } from './receiver.ts'
import { startRecorder } from './recorder.ts'

t.jobs = 2

const LOADED = fileURLToPath(new URL('./loaded.ts', import.meta.url))
const SOON = { OTEL_BSP_SCHEDULE_DELAY: '20' }
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c'
const PARENT_ID = 'b7ad6b7169203331'
const RUN_NOW = '/api/2.2/jobs/run-now'

async function prepare(t: Test, env: NodeJS.ProcessEnv) {
  const simulator = await startSimulator(t, {
    jobs: [
      { job_id: '11', name: 'quick', pending_ms: 0, cleanup_ms: 0, tasks: [{ task_key: 'main', duration_ms: 0 }] },
    ],
  })
  const recorder = await startRecorder(t, simulator)
  const config = writeConfig(t, recorder, {
    jobs: { quick: { job_id: '11', parameters: { note: { type: 'string' } } } },
  })
  return { simulator, recorder, gateway: await startGateway(t, config, env) }
}

t.test('one trigger is one trace: request, ledger, each try, under the span of the caller', async (t) => {
  const receiver = await startReceiver(t)
  const { simulator, recorder, gateway } = await prepare(t, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, ...SOON })
  simulator.addFault({ path: RUN_NOW, status: 503, headers: { 'retry-after': '0' } })
  const { body } = await gateway.trigger(
    'quick',
    { parameters: { note: 'a-parameter-of-the-caller' } },
    { key: 'KEY-OF-THE-ORDER', headers: { traceparent: `00-${TRACE_ID}-${PARENT_ID}-01` } },
  )
  t.match(body, { state: 'PENDING' })
  await receiver.received('POST /trigger/:job', 'ledger insert', 'databricks run_now', 'databricks token')
  const spans = receiver.spans().filter(({ traceId }) => traceId === TRACE_ID)

  const [request] = named(spans, 'POST /trigger/:job')
  t.match(request, {
    parentId: PARENT_ID,
    kind: 'server',
    failed: false,
    attributes: {
      'http.request.method': 'POST',
      'http.route': '/trigger/:job',
      'http.response.status_code': 202,
      'job_gateway.client': 'control-m',
      'job_gateway.job': 'quick',
      'job_gateway.run': body.id,
      'job_gateway.answer': 'started',
    },
    resource: { 'service.name': 'databricks-job-gateway', 'service.version': String },
  })
  const ids = new Set(spans.map(({ spanId }) => spanId))
  t.ok(
    spans.every((span) => span === request || ids.has(span.parentId)),
    'all others are below it',
  )
  t.match(named(spans, 'ledger insert'), [{ kind: 'client', parentId: request?.spanId, failed: false }])
  const tries = named(spans, 'databricks run_now')
  t.match(tries, [
    { kind: 'client', failed: true, attributes: { 'http.response.status_code': 503, 'error.type': '503' } },
    {
      kind: 'client',
      failed: false,
      attributes: {
        'http.response.status_code': 200,
        'http.request.resend_count': 1,
        'url.path': '/api/2.2/jobs/run-now',
        'job_gateway.workspace': 'main',
      },
    },
  ])
  t.same(
    recorder.asked(RUN_NOW).map(({ traceparent }) => traceparent),
    tries.map(({ spanId }) => `00-${TRACE_ID}-${spanId}-01`),
    'Databricks is told of each',
  )
})

const named = (spans: Span[], wanted: string) => spans.filter(({ name }) => name === wanted)

t.test('no secret, key, parameter or text of others is in a span; probes make none', async (t) => {
  const receiver = await startReceiver(t)
  const { simulator, gateway } = await prepare(t, {
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiver.url}/v1/traces`,
    ...SOON,
  })
  simulator.addFault({
    path: '/api/2.2/jobs/runs/get',
    status: 400,
    body: { error_code: 'NO', message: 'words of Databricks' },
  })
  const { body } = await gateway.trigger('quick', { parameters: { note: 'a-parameter' } }, { key: 'KEY-OF-THE-ORDER' })
  await gateway.ended(body.id)
  await gateway.call('GET', '/run?job=quick&key=KEY-OF-THE-ORDER&ref=NOTE')
  await gateway.call('GET', '/readyz')
  await gateway.call('POST', '/trigger/a-job-that-nobody-knows')
  await gateway.call('GET', `/nothing/${KEYS['control-m']}`)
  gateway.signal('SIGTERM')
  t.equal(await gateway.exited, 0)

  const names = new Set(receiver.spans().map(({ name }) => name))
  for (const name of ['GET /runs/:id/await', 'GET /run', 'POST /trigger/:job', 'GET', 'databricks runs_get'])
    t.ok(names.has(name), name)
  t.notOk(names.has('GET /readyz'))
  t.ok(names.has('ledger get_by_key'), 'named as in the metrics')
  const [awaited] = receiver.spans().filter(({ name }) => name === 'GET /runs/:id/await')
  t.ok(Number(awaited?.attributes['job_gateway.waited_seconds']) > 0, 'how long it waited')
  const [unknown] = receiver.spans().filter(({ attributes }) => attributes['job_gateway.error'] === 'unknown-job')
  t.match(unknown?.attributes, { 'job_gateway.job': 'unknown', 'http.response.status_code': 404 })
  const secrets = [...Object.values(KEYS), simulator.credentials.client_secret, ...simulator.accessTokens()]
  for (const text of [...secrets, 'KEY-OF-THE-ORDER', 'NOTE', 'a-parameter', 'a-job-that', 'words of Databricks'])
    t.notOk(receiver.bytes().includes(text), text)
  t.same(new Set(receiver.requests()), new Set(['POST /v1/traces application/x-protobuf']))
})

t.test('named and sampled as the variables say', async (t) => {
  const receiver = await startReceiver(t)
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_SERVICE_NAME: 'gateway-of-prod',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=prod',
    OTEL_TRACES_SAMPLER: 'parentbased_always_off',
    ...SOON,
  }
  const { recorder, gateway } = await prepare(t, env)
  await gateway.call('GET', '/jobs')
  await gateway.trigger('quick', undefined, { headers: { traceparent: `00-${TRACE_ID}-${PARENT_ID}-01` } })
  const spans = await receiver.received('POST /trigger/:job')
  t.same(new Set(spans.map(({ traceId }) => traceId)), new Set([TRACE_ID]), 'what the caller keeps, and nothing else')
  t.match(spans[0]?.resource, { 'service.name': 'gateway-of-prod', 'deployment.environment.name': 'prod' })
  t.match(recorder.asked(RUN_NOW), [{ traceparent: new RegExp(`^00-${TRACE_ID}`) }])
})

t.test('a receiver that takes nothing costs nothing but spans', async (t) => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', ...SOON }
  const { gateway } = await prepare(t, env)
  t.match(gateway.lines()[0], { event: 'traces.undelivered', message: /gRPC/ })
  const { body } = await gateway.trigger('quick')
  t.match(await gateway.ended(body.id), { state: 'SUCCEEDED' })
  while (!gateway.output().includes('ECONNREFUSED')) await gateway.call('GET', '/jobs')
  gateway.signal('SIGTERM')
  t.equal(await gateway.exited, 0)
  t.equal(gateway.stderr(), '')
})

t.test('off: nothing of OpenTelemetry is loaded, nothing is wrapped, nobody is told', async (t) => {
  const options = { version: '1', jobs: () => ({}), onTrouble: () => {} }
  const endpoint = 'http://127.0.0.1:9'
  for (const env of [
    {},
    { OTEL_SERVICE_NAME: 'gateway', OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: endpoint },
    { OTEL_SDK_DISABLED: 'true', OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: endpoint },
    { OTEL_TRACES_EXPORTER: 'console', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint },
  ])
    t.equal(await startTracing({ ...options, env }), undefined, JSON.stringify(env))

  const { recorder, gateway } = await prepare(t, { NODE_OPTIONS: `--import ${LOADED}` })
  const { body } = await gateway.trigger('quick', undefined, {
    headers: { traceparent: `00-${TRACE_ID}-${PARENT_ID}-01` },
  })
  await gateway.ended(body.id)
  // prom-client brings the bare interface along, which does nothing.
  t.notMatch(gateway.stderr(), /@opentelemetry\/(?!api\/)/)
  t.match(recorder.asked(RUN_NOW), [{ traceparent: undefined }])

  const on = await prepare(t, { NODE_OPTIONS: `--import ${LOADED}`, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint })
  t.match(on.gateway.stderr(), /^loaded .*@opentelemetry\/sdk-trace/m, 'the look would have seen it')
})
