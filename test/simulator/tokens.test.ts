import t from 'tap'
import type { PartialOptions } from '../../src/simulator/options.ts'
import { type Client, openWorkspace } from './client.ts'

const DATABRICKS = '2ff814a6-3304-4ab8-85cb-cd0e6f879c1d'
const MANAGEMENT = 'https://management.core.windows.net/'
const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const EXCHANGE = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  scope: 'all-apis',
  client_id: 'simulated-client',
}
const ENTRA = { grant_type: 'client_credentials', client_id: 'simulated-client', resource: DATABRICKS }
const jobs = [{ name: 'job', job_id: '1', tasks: [{ task_key: 'main' }] }]

async function ask(workspace: Client, path: string, form: Record<string, string | undefined>) {
  const fields = Object.entries(form).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
  const response = await fetch(workspace.url + path, { method: 'POST', body: new URLSearchParams(fields) })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

const exchange = (workspace: Client, form: Record<string, string | undefined>) =>
  ask(workspace, '/oidc/v1/token', { ...EXCHANGE, ...form })
const askEntra = (workspace: Client, form: Record<string, string | undefined>, tenant = 'simulated-tenant') =>
  ask(workspace, `/${tenant}/oauth2/token`, { ...ENTRA, ...form })

async function use(workspace: Client, headers: Record<string, string>, query = '') {
  const response = await fetch(`${workspace.url}/api/2.2/jobs/get?job_id=1${query}`, { headers })
  return { status: response.status, text: await response.text() }
}

t.test('a token of the federated issuer is exchanged', async (t) => {
  const workspace = await openWorkspace(t, { jobs })
  const { status, body } = await exchange(workspace, { subject_token: await workspace.signSubjectToken() })
  t.match({ status, body }, { status: 200, body: { token_type: 'Bearer', expires_in: 3_600, scope: 'all-apis' } })
  t.match(await use(workspace, { authorization: `Bearer ${body['access_token']}` }), { status: 200 })
})

t.test('by a policy of the account nobody says who it is', async (t) => {
  const workspace = await openWorkspace(t)
  workspace.setOptions({ federation: { ...workspace.options.federation, policy_of: 'account' } })
  const subject_token = await workspace.signSubjectToken()
  t.match(await exchange(workspace, { subject_token, client_id: undefined }), { status: 200 })
  t.match(await exchange(workspace, { subject_token }), { status: 400, body: { error: 'invalid_request' } })
})

t.test('an exchange that is not as it should be is refused', async (t) => {
  const workspace = await openWorkspace(t)
  const past = Math.floor(workspace.now() / 1_000) - 1
  const good = await workspace.signSubjectToken()
  const other = await openWorkspace(t)
  const refusals: [
    name: string,
    form: Record<string, string | undefined>,
    status: number,
    error: string,
    text: RegExp,
  ][] = [
    ['scope', { scope: 'sql' }, 400, 'invalid_scope', /all-apis/],
    ['no token', { subject_token: undefined }, 400, 'invalid_request', /missing/],
    ['kind of token', { subject_token_type: 'urn:x' }, 400, 'invalid_request', /subject_token_type/],
    ['unknown client', { client_id: 'other' }, 401, 'invalid_client', /authentication failed/],
    ['no client', { client_id: undefined }, 400, 'invalid_request', /no federation policy of the account/],
    ['no JWT', { subject_token: 'x' }, 400, 'invalid_request', /not a JWT/],
    ['signature', { subject_token: await other.signSubjectToken() }, 400, 'invalid_request', /signature/],
    ['issuer', { subject_token: await workspace.signSubjectToken({ iss: 'x' }) }, 400, 'invalid_request', /issuer/],
    [
      'subject',
      { subject_token: await workspace.signSubjectToken({ sub: 'x' }) },
      400,
      'invalid_request',
      /subject of/,
    ],
    ['audience', { subject_token: await workspace.signSubjectToken({ aud: 'x' }) }, 400, 'invalid_request', /audience/],
    ['end', { subject_token: await workspace.signSubjectToken({ exp: past }) }, 400, 'invalid_request', /expired/],
    ['grant', { grant_type: 'password' }, 401, 'invalid_client', /authentication failed/],
  ]
  for (const [name, form, status, error, text] of refusals) {
    const answer = await exchange(workspace, { subject_token: good, ...form })
    t.match(answer, { status, body: { error, error_description: text } }, name)
  }
})

t.test('Entra gives tokens for a secret or for an assertion, with its times as text', async (t) => {
  const workspace = await openWorkspace(t, { jobs })
  const aud = 'api://AzureADTokenExchange'
  const assertion = { client_assertion: await workspace.signSubjectToken({ aud }), client_assertion_type: ASSERTION }
  for (const proof of [{ client_secret: 'simulated-secret' }, assertion]) {
    const { status, body } = await askEntra(workspace, proof)
    t.match({ status, body }, { status: 200, body: { expires_in: '3600', resource: DATABRICKS } })
    t.match(await use(workspace, { authorization: `Bearer ${body['access_token']}` }), { status: 200 })
  }
  const { body } = await askEntra(workspace, { client_secret: 'simulated-secret', resource: MANAGEMENT })
  const management = { authorization: `Bearer ${body['access_token']}` }
  t.match(await use(workspace, management), { status: 401 }, 'a token for something else')
})

t.test('Entra refuses in its own words', async (t) => {
  const workspace = await openWorkspace(t)
  const sign = async (claims: object) => ({
    client_assertion: await workspace.signSubjectToken({ aud: 'api://AzureADTokenExchange', ...claims }),
    client_assertion_type: ASSERTION,
    client_secret: undefined,
  })
  const past = Math.floor(workspace.now() / 1_000) - 1
  const refusals: [form: Record<string, string | undefined>, status: number, error: string, code: number][] = [
    [{ grant_type: 'password' }, 400, 'unsupported_grant_type', 70003],
    [{ client_id: 'other' }, 400, 'unauthorized_client', 700016],
    [{ resource: 'https://graph.microsoft.com/' }, 400, 'invalid_resource', 500011],
    [{ client_secret: 'wrong' }, 401, 'invalid_client', 7000215],
    [{ client_secret: undefined }, 401, 'invalid_client', 7000218],
    [await sign({ iss: 'x' }), 400, 'invalid_request', 70021],
    [await sign({ sub: 'x' }), 401, 'invalid_client', 700213],
    [await sign({ aud: 'simulated-account' }), 401, 'invalid_client', 700212],
    [await sign({ exp: past }), 401, 'invalid_client', 700024],
    [{ ...(await sign({})), client_assertion: 'x' }, 400, 'invalid_request', 50027],
    [{ ...(await sign({})), client_assertion_type: 'urn:x' }, 401, 'invalid_client', 7000218],
  ]
  for (const [form, status, error, code] of refusals) {
    const answer = await askEntra(workspace, { client_secret: 'simulated-secret', ...form })
    const error_description = new RegExp(`^AADSTS${code}: .* Trace ID: `)
    t.match(answer, { status, body: { error, error_codes: [code], error_description } }, `${code}`)
  }
  const elsewhere = await askEntra(workspace, { client_secret: 'simulated-secret' }, 'other-tenant')
  t.match(elsewhere, { status: 400, body: { error: 'invalid_request', error_codes: [90002] } })
})

t.test('a principal that is not in the workspace needs Azure’s word for it', async (t) => {
  const workspace = await openWorkspace(t, { jobs, options: { principal_in_workspace: false } })
  const token = async (resource: string) =>
    (await askEntra(workspace, { client_secret: 'simulated-secret', resource })).body['access_token']
  const authorization = `Bearer ${await token(DATABRICKS)}`
  const resource = workspace.credentials.resource_id
  const word = `${await token(MANAGEMENT)}`
  const cases: [headers: Record<string, string>, status: number][] = [
    [{}, 403],
    [{ 'x-databricks-azure-workspace-resource-id': resource }, 403],
    [{ 'x-databricks-azure-sp-management-token': word }, 403],
    [{ 'x-databricks-azure-workspace-resource-id': '/x', 'x-databricks-azure-sp-management-token': word }, 403],
    [{ 'x-databricks-azure-workspace-resource-id': resource, 'x-databricks-azure-sp-management-token': 'x' }, 403],
    [{ 'x-databricks-azure-workspace-resource-id': resource, 'x-databricks-azure-sp-management-token': word }, 200],
  ]
  for (const [headers, status] of cases) t.match(await use(workspace, { authorization, ...headers }), { status })
})

t.test('a host of several workspaces is told which one, and has its tokens at the account', async (t) => {
  for (const host_type of ['account', 'unified'] satisfies PartialOptions['host_type'][]) {
    const workspace = await openWorkspace(t, { jobs, options: { host_type } })
    const authorization = `Bearer ${workspace.credentials.token}`
    t.match(await use(workspace, { authorization }), { status: 200, text: /^<!doctype html>/ })
    t.match(await use(workspace, { authorization, 'x-databricks-workspace-id': '2' }), { text: /^<!doctype html>/ })
    t.match(await use(workspace, { authorization, 'x-databricks-workspace-id': '1' }), { status: 200, text: /job_id/ })
    t.match(await use(workspace, { authorization }, '&o=1'), { status: 200, text: /job_id/ })
    const config = (await workspace.get('/.well-known/databricks-config')).body
    t.match(config, { host_type, oidc_endpoint: `${workspace.url}/oidc/accounts/{account_id}` })
    const root = '/oidc/accounts/simulated-account'
    const server = (await workspace.get(`${root}/.well-known/oauth-authorization-server`)).body
    t.equal(server['token_endpoint'], `${workspace.url}${root}/v1/token`)
    const form = { ...EXCHANGE, subject_token: await workspace.signSubjectToken() }
    t.match(await ask(workspace, `${root}/v1/token`, form), { status: 200 })
    t.match(await ask(workspace, '/oidc/v1/token', form), { status: 404 })
  }
})
