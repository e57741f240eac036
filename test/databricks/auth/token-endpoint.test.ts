import t from 'tap'
import { GET_RUN, hangUp, html, json, startStub, TOKEN } from '../support/stub-workspace.ts'
import { CLIENT_ID, CLIENT_SECRET, soon, startClient } from '../support/test-client.ts'

const DISCOVERY = 'GET /oidc/.well-known/oauth-authorization-server'
const run = json(200, { run_id: 5, job_id: 6 })

t.test('discovery names the token endpoint', async (t) => {
  const stub = await startStub(t)
  stub.on(DISCOVERY, json(200, { token_endpoint: `${stub.url}/elsewhere` }))
  stub.on('POST /elsewhere', json(200, { access_token: 'found', expires_in: '3600' }))
  stub.on(GET_RUN, run)
  const client = startClient(t, { host: stub.url })
  await client.getRun('5', soon())
  t.equal(stub.count(TOKEN), 0)
  t.equal(stub.calls.at(-1)?.headers.authorization, 'Bearer found')
  const end = client.accessTokenExpiresAt()
  t.ok(end !== null && end > Date.now() + 3_500_000, 'expires_in may be a string')
})

t.test('the OAuth server is where the host says, with the account put in', async (t) => {
  const metadata = '/.well-known/oauth-authorization-server'
  const cases: [name: string, config: object, auth: object, document: string][] = [
    ['the host knows it', { oidc_endpoint: 'HOST/a/{account_id}/', account_id: 'x y' }, {}, `/a/x%20y${metadata}`],
    ['ours wins', { oidc_endpoint: 'HOST/a/{account_id}', account_id: 'x' }, { account_id: 'z' }, `/a/z${metadata}`],
    ['nobody knows it', { oidc_endpoint: 'HOST/a/{account_id}' }, {}, `/oidc${metadata}`],
    ['no account in it', { oidc_endpoint: 'HOST/b' }, {}, `/b${metadata}`],
    ['no address', { oidc_endpoint: 7 }, {}, `/oidc${metadata}`],
    ['ours is told', {}, { discovery_url: 'HOST/c/oauth' }, '/c/oauth'],
  ]
  for (const [name, config, auth, document] of cases) {
    const stub = await startStub(t)
    const filled = (value: object) => JSON.parse(JSON.stringify(value).replace('HOST', stub.url))
    stub.on('GET /.well-known/databricks-config', json(200, filled(config)))
    stub.on(`GET ${document}`, json(200, { token_endpoint: `${stub.url}/there` }))
    stub.on('POST /there', json(200, { access_token: 'found', expires_in: 3600 }))
    stub.on(GET_RUN, run, json(401, {}), run)
    const m2m = {
      type: 'oauth-m2m',
      client_id: CLIENT_ID,
      client_secret: () => CLIENT_SECRET,
      ...filled(auth),
    } as const
    const client = startClient(t, { host: stub.url, auth: m2m })
    await client.getRun('5', soon())
    await client.getRun('5', soon())
    t.equal(stub.count('POST /there'), 2, name)
    t.equal(stub.count(`GET ${document}`), 1, `${name}: found out once`)
  }
})

t.test('tokens of the account are had there, when that is said', async (t) => {
  const stub = await startStub(t)
  const account = await startStub(t)
  const root = '/oidc/accounts/a'
  const token_endpoint = `${account.url}${root}/v1/token`
  account.on(`GET ${root}/.well-known/oauth-authorization-server`, json(200, { token_endpoint }), json(404, {}))
  account.on(`POST ${root}/v1/token`, json(200, { access_token: 'of-the-account', expires_in: 3600 }))
  stub.on(GET_RUN, run)
  const discovery_url = `${account.url}${root}/.well-known/oauth-authorization-server`
  const auth = { type: 'oauth-m2m', client_id: CLIENT_ID, client_secret: () => CLIENT_SECRET, discovery_url } as const
  for (const document of ['there', 'not there']) {
    await startClient(t, { host: stub.url, auth }).getRun('5', soon())
    t.equal(stub.calls.at(-1)?.headers.authorization, 'Bearer of-the-account', document)
  }
  t.equal(stub.count('GET /.well-known/databricks-config'), 0)
})

t.test('an endpoint that has moved is found again', async (t) => {
  const stub = await startStub(t)
  const at = (path: string) => json(200, { token_endpoint: stub.url + path })
  stub.on(DISCOVERY, at('/old'), at('/new'))
  stub.on('POST /old', json(200, { access_token: 'a', expires_in: 3600 }), json(404, {}))
  stub.on('POST /new', json(200, { access_token: 'b', expires_in: 3600 }))
  stub.on(GET_RUN, run, json(401, {}), run)
  const client = startClient(t, { host: stub.url })
  await client.getRun('5', soon())
  await t.rejects(client.getRun('5', soon()), { name: 'DatabricksError', sent: false, status: 404 })
  t.equal(stub.count(DISCOVERY), 1)
  while (stub.count('POST /new') === 0) await client.getRun('5', soon()).catch(() => {})
  t.equal(stub.calls.at(-1)?.headers.authorization, 'Bearer b')
})

t.test('without a usable discovery the endpoint has its usual place', async (t) => {
  const documents = {
    'not JSON': html(200, '<html>'),
    'no such field': json(200, {}),
    gone: json(404, {}),
    dead: hangUp,
  }
  for (const [name, document] of Object.entries(documents)) {
    const stub = await startStub(t)
    stub.on(DISCOVERY, document)
    stub.on(GET_RUN, run)
    await startClient(t, { host: stub.url }).getRun('5', soon())
    t.equal(stub.count(TOKEN), 1, name)
  }
})

t.test('the secret goes to no other host without TLS', async (t) => {
  const stub = await startStub(t)
  const other = await startStub(t)
  stub.on(DISCOVERY, json(200, { token_endpoint: `${other.url}/oidc/v1/token` }))
  const result = startClient(t, { host: stub.url }).getRun('5', soon())
  await t.rejects(result, { kind: 'credential', sent: false, message: /without TLS/ })
  t.strictSame(other.calls, [])
})
