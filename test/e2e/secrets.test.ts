import t, { type Test } from 'tap'
import type { Fault } from '../../src/simulator/faults.ts'
import { KEYS } from '../support/gateway.ts'
import { sendRaw } from '../support/raw-http.ts'
import {
  AZURE_KEY,
  basic,
  CLIENT_SECRET,
  PAT,
  type SecretLandscape,
  startSecretLandscape,
} from '../support/secret-landscape.ts'

const ROTATED_SECRET = 'rotated client secret 7c9e6679'
const WRONG_KEY = 'key-that-nobody-knows-9f86d081'

// Everything that is logged at all.
t.test('a whole life: no secret in the log, an answer, the metrics, a trace or the ledger', async (t) => {
  const landscape = await startSecretLandscape(t, { LOG_LEVEL: 'trace' })
  const { gateway, call, hide, hideTokens, places, secrets } = landscape
  hide('key that nobody has', WRONG_KEY, basic('control-m', WRONG_KEY))
  hide('rotated secret', ROTATED_SECRET)

  await runEverything(t, landscape)
  await provokeGuard(t, landscape)
  await signInByToken(t, landscape)
  await followSigned(t, landscape)
  await provokeDatabricks(t, landscape)
  await rotate(t, landscape)

  const asked = ['/runs', '/runs?format=text', '/jobs', '/jobs/quick', '/readyz', '/openapi.json', '/docs', '/nothing']
  asked.push('/admin/audit', '/admin/audit?format=csv', '/admin/pauses')
  for (const path of [...asked, '/docs/static/swagger-initializer.js', '/problems/unauthenticated', '/problems/x']) {
    await call('GET', path)
    await call('GET', path, { headers: { accept: 'text/html' } })
  }
  t.match(await call('GET', '/metrics', { client: 'other' }), { status: 200 })
  const metrics = [await (await fetch(`${gateway.metricsUrl}/metrics`)).text()]
  hideTokens()
  places()
  gateway.signal('SIGTERM')
  t.equal(await gateway.exited, 0)
  t.equal(gateway.stderr(), '')
  seek(t, secrets, new Map([...places(), ['metrics', metrics]]))
})

async function runEverything(t: Test, { simulator, others, call, hideTokens }: SecretLandscape) {
  const run = async (job: string) => {
    const { body } = await call('POST', `/trigger/${job}?wait=10`)
    hideTokens()
    return body
  }
  t.match(await run('quick'), { state: 'SUCCEEDED' })
  t.match(await run('fails'), { state: 'FAILED' })
  t.match(await run('personal'), { state: 'SUCCEEDED' }, 'by a personal access token')
  t.match(await run('proxied'), { state: 'SUCCEEDED' }, 'through the proxy')
  simulator.advance(3_700_000)
  t.match(await run('quick'), { state: 'SUCCEEDED' }, 'after the access token has expired')
  simulator.revokeTokens()
  t.match(await run('quick'), { state: 'SUCCEEDED' }, 'after it was revoked')

  for (const { simulator, job, secret } of others) {
    t.match(await run(job), { state: 'SUCCEEDED' }, `by ${job}`)
    const said = [secret, ...simulator.accessTokens()].join(' , ')
    simulator.addFault({ path: '/api/2.2/jobs/run-now', status: 400, body: { error_code: 'INVALID', message: said } })
    t.match(await run(job), { code: 'databricks-refused' }, `by ${job}, which says what it was sent`)
  }
}

/** Callers who are not let in, or not further, with everything that they have. */
async function provokeGuard(t: Test, { gateway, call }: SecretLandscape) {
  const key = KEYS['control-m']
  for (const authorization of [
    ...[`Bearer ${key}`, `Basic ${basic('control-m', key)}`],
    ...[`Bearer ${WRONG_KEY}`, `Basic ${basic('control-m', WRONG_KEY)}`, `Basic ${basic('control-m', KEYS.other)}`],
    ...[`Bearer ${KEYS.other} ${KEYS.other}`, `Token ${KEYS.other}`, key, `Bearer ${key}${'x'.repeat(5_000)}`],
  ]) {
    await call('GET', '/jobs', { client: null, headers: { authorization } })
    await call('POST', '/trigger/quick', { client: null, headers: { authorization } })
  }
  await call('GET', '/jobs', { client: null, headers: { 'x-api-key': WRONG_KEY } })
  await call('GET', '/jobs', { headers: { authorization: `Bearer ${WRONG_KEY}` } })
  await call('GET', `/jobs?api_key=${key}`)
  await call('GET', `/nothing?${key}`)
  t.match(await call('GET', '/runs/%zz', { headers: { cookie: key } }), { status: 400 })
  t.match(await call('POST', '/trigger/quick', { client: 'other' }), { status: 403 })
  t.match(await call('POST', '/trigger/nothing'), { status: 404 })
  t.match(await call('POST', '/trigger/quick?p.day=x'), { status: 422 })
  t.match(await call('POST', '/trigger/quick', { body: 'x'.repeat(200_000) }), { status: 413 })
  const port = Number(new URL(gateway.url).port)
  const head = `X-API-Key: ${key}\r\nAuthorization: Basic ${basic('control-m', key)}\r\n`
  t.match(await sendRaw(port, `GET / HTTP/1.1\r\nHost: x\r\n${head}X: ${'x'.repeat(20_000)}\r\n\r\n`), { status: 431 })
  t.match(await sendRaw(port, `${key} / HTTP/1.1\r\n${head}\r\n`), { status: 400 })
}

async function signInByToken(t: Test, { issuer, call, hide }: SecretLandscape) {
  const good = { aud: 'gateway', sub: 'azure' }
  const tokens = [
    await issuer.sign(good),
    await issuer.sign({ ...good, exp: 1 }),
    await issuer.sign({ ...good, aud: 'another' }),
    await issuer.sign({ ...good, sub: 'nobody' }),
    await issuer.sign({ ...good, groups: 'x'.repeat(10_000) }),
    (await issuer.sign(good)).slice(0, -5),
  ]
  hide("caller's token", ...tokens, ...tokens.map((token) => token.split('.')[2] ?? ''))
  const statuses: number[] = []
  for (const token of tokens) {
    const headers = { authorization: `Bearer ${token}` }
    statuses.push((await call('GET', '/jobs', { client: null, headers })).status)
    await call('GET', `/jobs?access_token=${token}`, { client: null })
  }
  t.same(statuses, [200, 401, 401, 401, 401, 401])
}

/** The address that opens a run: used, used wrongly, and at places where it opens nothing. */
async function followSigned(t: Test, { call, hide }: SecretLandscape) {
  const anonymous = { client: null }
  const trigger = (job: string) =>
    call('POST', `/trigger/${job}`, { client: null, headers: { 'x-api-key': AZURE_KEY } })
  const addressOf = ({ headers }: Awaited<ReturnType<typeof trigger>>) => {
    const { pathname, search, searchParams } = new URL(headers.get('location') ?? '')
    hide('signature', searchParams.get('signature') ?? '')
    return { pathname, search, address: pathname + search }
  }
  const slow = await trigger('slow')
  const { pathname, search, address } = addressOf(slow)
  const again = await call('GET', `${address}&wait=0`, anonymous)
  t.match(again, { status: 202, body: { id: slow.body.id } })
  t.equal(addressOf(again).search, search)
  for (const path of [
    ...[`${address}x`, `${address}&include=attempts`, `${address}&wait=x`, `${address}&${search.slice(1)}`],
    ...[`/runs/%zz/await${search}`, `/runs${search}`, `/nothing${search}`, `/runs/none/await${search}`],
    ...[`/jobs/quick${search}`, `${pathname}?${search}`, `/docs${search}`, `/problems/x${search}`, `/livez${search}`],
  ]) {
    for (const client of [null, 'control-m'] as const) await call('GET', path, { client })
    await call('PUT', path, anonymous)
  }
  const failing = addressOf(await trigger('fails'))
  t.match(await call('GET', `${failing.address}&wait=10`, anonymous), { status: 424, body: { state: 'FAILED' } })
}

/** Databricks, or a proxy before it, that says what it was sent. */
async function provokeDatabricks(t: Test, { simulator, call, secrets, hideTokens }: SecretLandscape) {
  const token = simulator.accessTokens().at(-1) ?? ''
  const echo = [token, ...(secrets.get('client secret') ?? [])].join(' , ')
  const said = { error_code: 'INVALID_PARAMETER_VALUE', message: `bad request: ${echo}` }
  const page = `<!doctype html><title>Sign in ${echo}</title>`
  const faults: [job: string, endpoint: string, ...Omit<Fault, 'path'>[]][] = [
    [
      ...(['fails', 'run-now'] as const),
      { status: 400, body: said },
      { status: 403, body: { ...said, error_code: 'PERMISSION_DENIED' }, times: 2 },
      { status: 400, body: { error_code: token, message: token }, headers: { 'x-request-id': token } },
      { status: 500, body: echo },
      { status: 200, body: page },
      { status: 302, headers: { location: `https://login.example.com/${token}?token=${token}` } },
      { status: 429, body: said },
    ],
    ['fails', 'runs/get', { status: 500, body: said }, { status: 403, body: said, times: 2 }, { body: page }],
    ['fails', 'runs/get-output', { status: 400, body: said }],
    ['personal', 'run-now', { status: 400, body: { ...said, message: PAT } }, { status: 500, body: `no: ${PAT}` }],
  ]
  const run = async (job: string) => {
    const { body } = await call('POST', `/trigger/${job}?wait=5`)
    hideTokens()
    return body
  }
  for (const [job, endpoint, ...list] of faults) {
    for (const fault of list) {
      simulator.addFault({ path: `/api/2.2/jobs/${endpoint}`, ...fault })
      const { id } = await run(job)
      t.match((await call('GET', `/runs/${id}/await?wait=10&include=tasks,attempts`)).body, { done: true })
    }
    t.same(simulator.faults(), [], `all said by ${endpoint}`)
  }
  const slow = (await call('POST', '/trigger/slow')).body
  const broken = await run('fails')
  for (const [method, path, endpoint] of [
    ['POST', `/runs/${slow.id}/refresh`, 'runs/get'],
    ['POST', `/runs/${slow.id}/cancel?wait=5`, 'runs/cancel'],
    ['GET', `/runs/${broken.id}/output`, 'runs/get-output'],
    ['POST', `/runs/${broken.id}/repair?wait=5`, 'runs/repair'],
    ['POST', '/trigger/quick?dry_run=true', 'get'],
  ] as const) {
    simulator.addFault({ path: `/api/2.2/jobs/${endpoint}`, status: 400, body: said })
    await call(method, path)
    t.same(simulator.faults(), [], `${path} was told`)
    await call(method, path)
  }
}

async function rotate(t: Test, { simulator, call, secrets }: SecretLandscape) {
  simulator.changeCredentials({ client_secret: ROTATED_SECRET })
  simulator.revokeTokens()
  const echo = [...(secrets.get('client secret') ?? [])].join(' , ')
  simulator.addFault({
    path: '/oidc/v1/token',
    status: 401,
    body: { error: 'invalid_client', error_description: echo },
  })
  const waiting = (await call('POST', '/trigger/quick?wait=5&key=WAITING')).body
  t.match(waiting, { state: 'SUBMITTING', message: /credential/ })
  simulator.changeCredentials({ client_secret: CLIENT_SECRET })
  t.match((await call('GET', `/runs/${waiting.id}/await?wait=10`)).body, { state: 'SUCCEEDED' })
}

/** Fails for each secret that stands somewhere; tells what was looked for, and how much of what was looked through. */
function seek(t: Test, secrets: SecretLandscape['secrets'], places: ReturnType<SecretLandscape['places']>) {
  for (const [place, texts] of places) {
    t.ok(texts.join('').length > 100, `there is something in ${place}`)
    const size = texts.reduce((sum, text) => sum + text.length, 0)
    t.comment(`looked through ${place}: ${texts.length}, ${size} characters`)
  }
  for (const [kind, spellings] of secrets) {
    const found = [...spellings].flatMap((secret) =>
      [...places].flatMap(([place, texts]) =>
        texts.filter((text) => text.includes(secret)).map((text) => `${place}: …${excerpt(text, secret)}…`),
      ),
    )
    t.same(found, [], `${kind} (${spellings.size} spellings): nowhere`)
    t.comment(`looked for ${kind}: ${spellings.size} spellings, found ${found.length} times`)
  }
}

function excerpt(text: string, secret: string): string {
  const at = text.indexOf(secret)
  return text.slice(Math.max(0, at - 200), at + secret.length + 50)
}
