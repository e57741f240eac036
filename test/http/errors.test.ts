import t from 'tap'
import type { Health } from '../../src/http/routes/health.ts'
import { LedgerError } from '../../src/runs/store.ts'
import { startServer } from '../support/http-server.ts'
import { makeRun } from '../support/make-run.ts'
import { sendRaw } from '../support/raw-http.ts'

t.test('an error is a problem that leads to its own page', async (t) => {
  const { call, url } = await startServer(t)
  const answer = await call('/jobs/none?x=1', { headers: { 'x-request-id': 'order-4711' } })
  t.equal(answer.headers.get('content-type'), 'application/problem+json; charset=utf-8')
  t.match(answer, { status: 400 }, 'an option that is not known is an error')
  const missing = await call('/jobs/none', { headers: { 'x-request-id': 'order-4711' } })
  t.strictSame(missing.body, {
    type: `${url}/problems/unknown-job`,
    title: 'There is no such job',
    status: 404,
    detail: 'There is no job "none". GET /jobs lists those that this client may see.',
    instance: '/jobs/none',
    code: 'unknown-job',
    retryable: false,
    request_id: 'order-4711',
  })
  t.equal(missing.headers.get('x-request-id'), 'order-4711')
  const page = await call(new URL(missing.body.type).pathname, { as: null })
  t.match(page, { status: 200, body: { code: 'unknown-job', status: 404, cause: /catalogue/, cure: /GET \/jobs/ } })
})

t.test('links lead where the configuration says, or to the host that was called', async (t) => {
  const publicly = await startServer(t, { server: 'public_url: "https://jobs.example.com/gw/"' })
  t.match((await publicly.call('/nope')).body.type, /^https:\/\/jobs\.example\.com\/gw\/problems\/not-found$/)

  const proxied = await startServer(t, { server: 'trusted_proxies: [127.0.0.1]' })
  const forwarded = { 'x-forwarded-host': 'jobs.example.com', 'x-forwarded-proto': 'https' }
  t.match((await proxied.call('/nope', { headers: forwarded })).body.type, /^https:\/\/jobs\.example\.com\/problems\//)

  const direct = await startServer(t)
  t.match((await direct.call('/nope', { headers: forwarded })).body.type, /^http:\/\/127\.0\.0\.1:\d+\/problems\//)
  const forged = await sendRaw(direct.port, 'GET /nope HTTP/1.1\r\nHost: evil.example/x?\r\nConnection: close\r\n\r\n')
  t.match(JSON.parse(forged.body).type, /^http:\/\/127\.0\.0\.1:\d+\/problems\//, 'no host that is none')
})

t.test('a request id is taken when it is sane, else made', async (t) => {
  const { call } = await startServer(t)
  for (const id of ['a b', 'x'.repeat(101), '<script>']) {
    const { headers } = await call('/livez', { headers: { 'x-request-id': id } })
    t.match(headers.get('x-request-id'), /^[0-9a-f-]{36}$/, id)
  }
})

t.test('401 offers Basic first, with the realm that never changes, then Bearer', async (t) => {
  const { port, call } = await startServer(t)
  const { head, body } = await sendRaw(port, 'GET /runs HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  t.match(head, /^HTTP\/1\.1 401 /)
  t.match(head, 'www-authenticate: Basic realm="databricks-job-gateway"\r\nwww-authenticate: Bearer\r\n')
  t.match(JSON.parse(body), { code: 'unauthenticated', detail: /^The call carries no key\. Send/ })
  const wrong = await call('/runs', { as: null, headers: { authorization: 'Bearer wrong' } })
  t.match(wrong, { status: 401, body: { detail: /does not know this key/ } })
  t.match(wrong.headers.get('www-authenticate'), /, Bearer error="invalid_token", error_description="[^"\\]+"$/)
  const basic = await call('/runs', { as: null, headers: { authorization: `Basic ${btoa('control-m:wrong')}` } })
  t.match(basic.headers.get('www-authenticate'), /, Bearer$/, 'what is wrong is told of Bearer to who sent it')
  t.match(await call('/runs', { as: null, headers: { authorization: 'Digest x' } }), { status: 401 })
})

t.test('nobody learns anything before it is known who calls', async (t) => {
  const { hold, call } = await startServer(t)
  const run = await hold(makeRun())
  for (const path of [`/runs/${run.id}`, '/runs/none', '/runs?nonsense=1', '/jobs/none', '/metrics', '/run']) {
    t.match(await call(path, { as: null }), { status: 401 }, path)
  }
  const trigger = await call('/trigger/none?nonsense', { as: null, method: 'POST', body: '{' })
  t.match(trigger, { status: 401 })
  t.match(await call('/none', { as: null }), { status: 404, body: { code: 'not-found' } })
})

t.test('a permission that is missing is named', async (t) => {
  const { call } = await startServer(t)
  const answer = await call('/trigger/team-report', { as: 'team', method: 'POST' })
  t.match(answer, { status: 403, body: { code: 'forbidden', detail: /Client team lacks the permission trigger/ } })
  t.match(await call('/metrics', { as: 'other' }), { status: 403 })
  t.match(await call('/metrics'), {
    status: 200,
    text: /^job_gateway_refusals_total\{client="team",code="forbidden"\} 1$/m,
  })
})

t.test('paths and methods that are none', async (t) => {
  const { call } = await startServer(t)
  t.match(await call('/none'), { status: 404, body: { code: 'not-found', detail: /nothing at \/none/ } })
  t.match(await call('/none', { method: 'POST', body: '{' }), { status: 404 }, 'whatever its body')
  const get = await call('/trigger/x')
  t.match(get, { status: 405, body: { code: 'method-not-allowed', detail: '/trigger/x takes POST; not GET.' } })
  t.equal(get.headers.get('allow'), 'POST')
  const put = await call('/runs/x', { method: 'PUT' })
  t.match(put, { status: 405 })
  t.equal(put.headers.get('allow'), 'DELETE, GET, HEAD')
  t.match(await call('/runs/%zz'), { status: 400, body: { code: 'invalid-request' } })
  t.match(await call(`/runs/${'x'.repeat(300)}`), { status: 400 })
})

t.test('bodies that are too large or no JSON', async (t) => {
  const { call } = await startServer(t)
  const post = (body: string, headers = {}) => call('/trigger/nightly-load', { method: 'POST', body, headers })
  t.match(await post('x'.repeat(200_000)), { status: 413, body: { code: 'too-large' } })
  t.match(await post('{"a":'), { status: 400, body: { code: 'invalid-request', detail: /The body is no JSON \(.+\)/ } })
  t.match(await post('[1]'), { status: 400, body: { detail: /The body is no JSON object/ } })
  t.match(await post('{"day":"2026-11-22"}'), {
    status: 400,
    body: {
      detail: /Member "day" is not known; .*Job parameters go into parameters, as in \{"parameters":\{"day":"…"\}\}/,
    },
  })
  t.match(await post('{"idempotency_token":"K"}'), { body: { detail: /did you mean idempotency_key\?/ } })
  t.match(await post('{"parameters":7}'), {
    status: 400,
    body: { detail: /Member parameters is 7; it takes an object/ },
  })
  t.match(
    await post(`{"parameters":${'['.repeat(60_000)}${']'.repeat(60_000)}}`),
    { status: 400 },
    'nested without end',
  )
})

t.test('what is no HTTP request is a problem too, and the end of the connection', async (t) => {
  const { port } = await startServer(t)
  const nonsense = await sendRaw(port, 'NONSENSE\r\n\r\n')
  t.match(nonsense, { status: 400, head: /application\/problem\+json/ })
  t.match(JSON.parse(nonsense.body), { code: 'invalid-request', status: 400 })
  const large = await sendRaw(port, `GET /livez HTTP/1.1\r\nHost: x\r\nX-Large: ${'x'.repeat(20_000)}\r\n\r\n`)
  t.match(large, { status: 431 })
})

t.test('errors as text, on one line, without outcome words', async (t) => {
  const { call } = await startServer(t)
  const answer = await call('/runs?format=text&state=FAILED%0A')
  t.equal(answer.headers.get('content-type'), 'text/plain; charset=utf-8')
  t.match(answer.text, /^ERROR invalid-request state is "failed\\n"; it takes submitting, [^\n]+\n$/)
  t.match(await call('/none', { headers: { accept: 'text/plain' } }), {
    text: 'ERROR not-found There is nothing at /none. /docs lists all paths.\n',
  })
  const form = await call('/trigger/nightly-load', {
    method: 'POST',
    body: new URLSearchParams({ format: 'result', wait: 'soon' }),
  })
  t.match(form, { status: 400, text: /^ERROR invalid-request Member wait is "soon"; it takes an integer\.\n$/ })
})

t.test('the ledger in trouble is 503 with a time to come back', async (t) => {
  const { call, lines } = await startServer(t, {
    server: 'contact: platform-data@example.com',
    between: (store) => ({
      ...store,
      get: async () => {
        throw new LedgerError('database disk image is malformed')
      },
    }),
  })
  const answer = await call('/runs/01JD00000000000000000000AA')
  t.match(answer, {
    status: 503,
    body: { code: 'ledger-unavailable', retryable: true, detail: /Contact: platform-data@example\.com\.$/ },
  })
  t.equal(answer.headers.get('retry-after'), '5')
  t.notMatch(answer.text, /malformed/)
  t.match(lines(), [{ event: 'http.request', code: 'ledger-unavailable', reason: /malformed/ }])
})

t.test('what nobody expected is internal, and says nothing of the inside', async (t) => {
  const { call, lines } = await startServer(t, {
    between: (store) => ({
      ...store,
      get: async () => {
        throw new TypeError('secret is not a function')
      },
    }),
  })
  const answer = await call('/runs/01JD00000000000000000000AA')
  t.match(answer, { status: 500, body: { code: 'internal', detail: /Report the request_id/ } })
  t.notMatch(answer.text, /secret/)
  t.match(
    lines().map(({ level, request_id }) => [level, request_id]),
    [
      ['error', answer.body.request_id],
      ['info', answer.body.request_id],
    ],
  )
})

t.test('one line a request, with what was asked by whom', async (t) => {
  const { hold, call, lines } = await startServer(t)
  const run = await hold(makeRun())
  await call(`/runs/${run.id}?format=text`, { headers: { 'x-request-id': 'r-1' } })
  await call('/livez', { as: null })
  const [read, probe] = lines()
  t.match(read, {
    ...{ event: 'http.request', request_id: 'r-1', method: 'GET', route: '/runs/:id', status: 200 },
    ...{ duration_ms: Number, client: 'control-m', job: 'nightly-load', run_id: run.id },
  })
  t.match(probe, { route: '/livez', status: 200 })
  t.notOk(probe && 'client' in probe)
  t.equal(lines().length, 2)
})

t.test('pages are served under a strict policy', async (t) => {
  const { call } = await startServer(t)
  const page = await call('/problems/run-failed', { as: null, headers: { accept: 'text/html' } })
  t.match(page, { status: 200, text: /<h1>The run did not end well<\/h1>/ })
  t.match(page.headers.get('content-security-policy'), /^default-src 'none';script-src 'self';/)
  t.match(await call('/problems/none', { as: null }), { status: 404, body: { detail: /is no error code/ } })
  t.match(await call('/docs', { as: null }), { status: 200, text: /swagger-ui/ })
})

t.test('health', async (t) => {
  let health: Health = { ready: false, draining: false }
  const { call } = await startServer(t, { health: () => health })
  t.match(await call('/livez', { as: null }), { status: 200, body: { status: 'ok' } })
  t.match(await call('/readyz', { as: null }), { status: 503, body: { status: 'starting' } })
  health = { ready: true, draining: false }
  t.match(await call('/readyz', { as: null }), { status: 200, body: { status: 'ready' } })
  health = { ready: true, draining: false, degraded: { reasons: ['workspace main does not answer'], since: 0 } }
  t.match(await call('/readyz', { as: null }), {
    status: 200,
    body: { status: 'degraded', reasons: ['workspace main does not answer'], since: '1970-01-01T00:00:00.000Z' },
  })
  health = { ready: true, draining: true }
  const draining = await call('/readyz', { as: null })
  t.match(draining, { status: 503, body: { status: 'draining' } })
  const served = await call('/jobs')
  t.match(served, { status: 200 }, 'everything is still served')
  t.equal(served.headers.get('connection'), 'close')
})
