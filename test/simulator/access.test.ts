import t from 'tap'
import { type Client, openWorkspace } from './client.ts'

const jobs = [{ name: 'job', job_id: '1', tasks: [{ task_key: 'main' }] }]
const form = { grant_type: 'client_credentials', scope: 'all-apis' }
const basic = (id: string, secret: string) => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`

async function askToken(workspace: Client, authorization?: string, fields: Record<string, string> = form) {
  const { client_id, client_secret } = workspace.credentials
  const headers = { authorization: authorization ?? basic(client_id, client_secret) }
  const body = new URLSearchParams(fields)
  const response = await fetch(`${workspace.url}/oidc/v1/token`, { method: 'POST', headers, body })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

async function useToken(workspace: Client, authorization?: string) {
  const headers: Record<string, string> = authorization === undefined ? {} : { authorization }
  const response = await fetch(`${workspace.url}/api/2.2/jobs/get?job_id=1`, { headers })
  return { status: response.status, body: await response.json() }
}

t.test('discovery leads to the token endpoint', async (t) => {
  const workspace = await openWorkspace(t)
  const config = (await workspace.get('/.well-known/databricks-config')).body
  t.equal(config['oidc_endpoint'], `${workspace.url}/oidc`)
  const server = (await workspace.get('/oidc/.well-known/oauth-authorization-server')).body
  t.equal(server['token_endpoint'], `${workspace.url}/oidc/v1/token`)
})

t.test('a token is for an hour on the workspace’s own clock', async (t) => {
  const workspace = await openWorkspace(t, { jobs })
  const { status, body } = await askToken(workspace)
  t.match({ status, body }, { status: 200, body: { token_type: 'Bearer', expires_in: 3_600, scope: 'all-apis' } })
  const bearer = `Bearer ${body['access_token']}`
  t.match(await useToken(workspace, bearer), { status: 200 })
  workspace.advance(3_600_000 - 1)
  t.match(await useToken(workspace, bearer), { status: 200 })
  workspace.advance(1)
  t.match(await useToken(workspace, bearer), { status: 401 })
  workspace.setOptions({ token_life_seconds: 5, expires_in: 'string' })
  t.match(await askToken(workspace), { body: { expires_in: '5' } })
})

t.test('a revoked token is refused, and so is anything else', async (t) => {
  const workspace = await openWorkspace(t, { jobs })
  const token = (await askToken(workspace)).body['access_token']
  const bearer = `Bearer ${token}`
  t.strictSame(workspace.accessTokens(), [token])
  workspace.revokeTokens()
  t.strictSame(workspace.accessTokens(), [])
  for (const wrong of [bearer, undefined, '', 'Bearer', 'Bearer x', basic('simulated-client', 'simulated-secret')]) {
    workspace.setOptions({ unauthorized_status: 401 })
    t.match(await useToken(workspace, wrong), { status: 401, body: { error_code: 'UNAUTHENTICATED' } }, `${wrong}`)
    workspace.setOptions({ unauthorized_status: 403 })
    t.match(await useToken(workspace, wrong), { status: 403, body: { message: 'Invalid access token.' } }, `${wrong}`)
  }
  t.match(await useToken(workspace, `Bearer ${workspace.credentials.token}`), { status: 200 }, 'the personal token')
})

t.test('client authentication, encoded as a form or not', async (t) => {
  const credentials = { client_id: 'id:with/signs', client_secret: 'a secret+with&signs%' }
  const workspace = await openWorkspace(t, { credentials })
  const { client_id, client_secret } = credentials
  const encoded = new URLSearchParams({ a: client_id, b: client_secret })
    .toString()
    .split('&')
    .map((each) => each.slice(2))
  const [id = '', secret = ''] = encoded
  t.match(await askToken(workspace, basic(client_id, client_secret)), { status: 200 })
  t.match(await askToken(workspace, basic(encodeURIComponent(client_id), encodeURIComponent(client_secret))), {
    status: 200,
  })
  t.match(await askToken(workspace, basic(id, secret)), { status: 200 })
  const invalid = { status: 401, body: { error: 'invalid_client', error_description: String } }
  t.match(await askToken(workspace, basic(client_id, 'wrong')), invalid)
  t.match(await askToken(workspace, 'Bearer x'), invalid)
  workspace.changeCredentials({ client_secret: 'new' })
  t.match(await askToken(workspace, basic(client_id, client_secret)), invalid)
  t.match(await askToken(workspace, undefined, { ...form, grant_type: 'password' }), {
    status: 400,
    body: { error: 'unsupported_grant_type' },
  })
  t.match(await askToken(workspace, undefined, { ...form, scope: 'sql' }), {
    status: 400,
    body: { error: 'invalid_scope' },
  })
})

t.test('requests beyond the documented rate are throttled until their bucket fills again', async (t) => {
  const workspace = await openWorkspace(t, { jobs, options: { rate_limits: 'reference' } })
  const get = () => workspace.get('get?job_id=1')
  for (let i = 0; i < 20; i++) t.match(await get(), { status: 200 })
  const throttled = await get()
  t.match(throttled, { status: 429, body: { error_code: 'REQUEST_LIMIT_EXCEEDED' } })
  t.equal(throttled.headers.get('retry-after'), '1')
  t.match(await workspace.get('list'), { status: 200 }, 'every endpoint has its own bucket')
  workspace.advance(50)
  t.match(await get(), { status: 200 })
  t.match(await get(), { status: 429 })
})

t.test('own rates, and the other faces of throttling', async (t) => {
  const options = { rate_limits: { 'jobs/get': 0.1 }, throttled: { status: 500, retry_after: false } }
  const workspace = await openWorkspace(t, { jobs, options })
  await workspace.get('get?job_id=1')
  const without = await workspace.get('get?job_id=1')
  t.match(without, { status: 500, body: { error_code: 'REQUEST_LIMIT_EXCEEDED' } })
  t.notOk(without.headers.has('retry-after'))
  workspace.setOptions({ throttled: { status: 429, retry_after: true } })
  t.equal((await workspace.get('get?job_id=1')).headers.get('retry-after'), '10')
  workspace.setOptions({ rate_limits: 'off' })
  t.match(await workspace.get('get?job_id=1'), { status: 200 })
})
