import t from 'tap'
import { GET_RUN, html, json, type Step, startStub, TOKEN } from '../support/stub-workspace.ts'
import { CLIENT_ID, CLIENT_SECRET, soon, startClient } from '../support/test-client.ts'

const run = json(200, { run_id: 5, job_id: 6 })

function basic(id: string, secret: string): string {
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
}

t.test('the request for a token is as RFC 6749 and Databricks have it', async (t) => {
  const stub = await startStub(t)
  stub.on(GET_RUN, run)
  await startClient(t, { host: stub.url }).getRun('5', soon())
  const call = stub.calls.find(({ route }) => route === TOKEN)
  t.equal(call?.body, 'grant_type=client_credentials&scope=all-apis')
  t.match(call?.headers, {
    authorization: basic(CLIENT_ID, CLIENT_SECRET),
    'content-type': 'application/x-www-form-urlencoded',
    'user-agent': 'databricks-job-gateway/1.2.3',
  })
  t.equal(stub.calls.at(-1)?.headers.authorization, 'Bearer token-1')
})

t.test('every request says which workspace of its host it is for', async (t) => {
  const stub = await startStub(t)
  stub.on(GET_RUN, run)
  await startClient(t, { host: stub.url, workspaceId: '77' }).getRun('5', soon())
  t.equal(stub.calls.at(-1)?.headers['x-databricks-workspace-id'], '77')
  const token = stub.calls.find(({ route }) => route === TOKEN)
  t.equal(token?.headers['x-databricks-workspace-id'], undefined, 'tokens are of the whole host')
})

t.test('a secret is form-encoded, and sent raw where a server does not undo that', async (t) => {
  const secret = 'a+b/c ü%'
  const encoded = basic(CLIENT_ID, 'a%2Bb%2Fc+%C3%BC%25')
  const raw = basic(CLIENT_ID, secret)
  const auth = { type: 'oauth-m2m', client_id: CLIENT_ID, client_secret: () => secret } as const
  const stub = await startStub(t)
  stub.on(TOKEN, (response, request) => {
    const right = request.headers.authorization === raw
    json(right ? 200 : 401, right ? { access_token: 'ok', expires_in: 60 } : { error: 'invalid_client' })(
      response,
      request,
    )
  })
  stub.on(GET_RUN, run, json(401, {}), run)
  const client = startClient(t, { host: stub.url, auth })
  await client.getRun('5', soon())
  const sent = () => stub.calls.filter((call) => call.route === TOKEN).map((call) => call.headers.authorization)
  t.strictSame(sent(), [encoded, raw])
  await client.getRun('5', soon())
  t.strictSame(sent(), [encoded, raw, raw], 'what worked is tried first from then on')
})

t.test('a refused credential is told as such, and no request leaves without a token', async (t) => {
  const refusals = {
    'wrong secret': [
      json(401, { error: 'invalid_client', error_description: 'Client authentication failed' }),
      /Client auth/,
    ],
    'unknown client': [json(400, { error: 'invalid_request', error_description: 'No such client' }), /No such client/],
    'not allowed': [json(403, { error_code: 'PERMISSION_DENIED', message: 'No.' }), /No\./],
  } as const
  for (const [name, [answer, message]] of Object.entries(refusals)) {
    const stub = await startStub(t)
    stub.on(TOKEN, answer)
    const result = startClient(t, { host: stub.url }).getRun('5', soon())
    await t.rejects(result, { kind: 'credential', sent: false, message }, name)
    t.equal(stub.count(TOKEN), 1, `${name}: asked once`)
    t.equal(stub.count(GET_RUN), 0)
  }
})

t.test('a token endpoint in trouble is not a refusal', async (t) => {
  const troubles: [string, Step, object][] = [
    ['web page', html(200, '<title>Sign in</title>'), { kind: 'unavailable', reason: 'web_page' }],
    ['no token', json(200, {}), { kind: 'unavailable', reason: 'answer' }],
    ['broken', json(500, 'oh'), { kind: 'unavailable', status: 500 }],
    ['throttled', json(429, {}, { 'retry-after': '3600' }), { kind: 'throttled', retryAfterMs: 3_600_000 }],
    [
      'redirect',
      json(302, '', { location: 'https://login.example.com/' }),
      { kind: 'unavailable', reason: 'redirect' },
    ],
  ]
  for (const [name, answer, facts] of troubles) {
    const stub = await startStub(t)
    stub.on(TOKEN, answer)
    await t.rejects(
      startClient(t, { host: stub.url }).getRun('5', soon()),
      { name: 'DatabricksError', sent: false, ...facts },
      name,
    )
  }
})

t.test('a rotated secret is taken up, an unreadable one is our trouble', async (t) => {
  let secret = 'old'
  const stub = await startStub(t)
  stub.on(GET_RUN, run, json(401, {}), run)
  const auth = { type: 'oauth-m2m', client_id: 'x', client_secret: async () => secret } as const
  const client = startClient(t, { host: stub.url, auth })
  await client.getRun('5', soon())
  secret = 'new'
  await client.getRun('5', soon())
  t.equal(stub.calls.findLast((call) => call.route === TOKEN)?.headers.authorization, basic('x', 'new'))

  const unreadable = () => Promise.reject(new Error('ENOENT: no such file'))
  const broken = startClient(t, { host: stub.url, auth: { ...auth, client_secret: unreadable } })
  await t.rejects(broken.getRun('5', soon()), { kind: 'credential', sent: false, message: /ENOENT/ })
})

t.test('a secret that a token endpoint echoes stays out of the message', async (t) => {
  const stub = await startStub(t)
  stub.on(TOKEN, (response, request) => {
    json(401, { error: 'invalid_client', error_description: `${request.headers.authorization} ${CLIENT_SECRET}` })(
      response,
      request,
    )
  })
  const error: Error = await startClient(t, { host: stub.url })
    .getRun('5', soon())
    .then(t.fail, (e) => e)
  t.match(error.message, /\[redacted\] \[redacted\]/)
})

t.test('a client secret that another endpoint echoes stays out of the error', async (t) => {
  const stub = await startStub(t)
  const sent = Buffer.from(`${CLIENT_ID}:${CLIENT_SECRET}`).toString('base64')
  const told = { error_code: `X_${sent}`, message: `secret=${CLIENT_SECRET}` }
  stub.on(GET_RUN, json(400, told, { 'x-request-id': `id-${CLIENT_SECRET}` }))
  await t.rejects(startClient(t, { host: stub.url }).getRun('5', soon()), {
    errorCode: 'X_[redacted]',
    message: 'secret=[redacted]',
    requestId: 'id-[redacted]',
  })
})

t.test('a personal access token is read for each request', async (t) => {
  const values = ['dapi-1', 'dapi-2']
  const stub = await startStub(t)
  stub.on(GET_RUN, run)
  const client = startClient(t, { host: stub.url, auth: { type: 'pat', token: () => values.shift() ?? '' } })
  await client.getRun('5', soon())
  await client.getRun('5', soon())
  const seen = stub.calls.map((call) => call.headers.authorization)
  t.strictSame(seen, ['Bearer dapi-1', 'Bearer dapi-2'])
  t.equal(client.accessTokenExpiresAt(), null)
})
