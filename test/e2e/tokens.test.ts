import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { startGateway, startSimulator, writeConfig } from '../support/gateway.ts'
import { startInProcess } from '../support/in-process.ts'
import { createJumpingClock } from '../support/jumping-clock.ts'
import { startOpenIdProvider } from '../support/openid-provider.ts'

const AUDIENCE = 'https://jobs.example.com'
const JOB = { job_id: '1', name: 'quick', pending_ms: 0, cleanup_ms: 0, tasks: [{ task_key: 'main', duration_ms: 50 }] }
const jobs = { quick: { job_id: '1' } }

const bearing = (token: string) => ({ client: null, headers: { authorization: `Bearer ${token}` } })

t.test('a token of a real OpenID provider starts a job; others do not; none is told', async (t) => {
  const provider = await startOpenIdProvider(t, ['airflow', 'stranger'])
  const simulator = await startSimulator(t, { jobs: [JOB] })
  const config = writeConfig(t, simulator, {
    jobs,
    issuers: { sso: { issuer: provider.url, audience: [AUDIENCE] } },
    clients: {
      airflow: {
        jobs: ['*'],
        permissions: ['trigger', 'read'],
        tokens: [{ issuer: 'sso', claims: { client_id: 'airflow', scope: 'jobs.trigger' } }],
      },
    },
  })
  const gateway = await startGateway(t, config, { LOG_LEVEL: 'trace' })
  const [token, other, foreign] = await Promise.all([
    provider.fetchToken('airflow', AUDIENCE),
    provider.fetchToken('airflow', 'https://other.example.com'),
    provider.fetchToken('stranger', AUDIENCE),
  ])
  const before = provider.asked.length

  const started = await gateway.call('POST', '/trigger/quick?wait=30&key=K-1', bearing(token))
  t.match(started, { status: 200, body: { state: 'SUCCEEDED', client: 'airflow' } })
  const run = await gateway.call('GET', `/runs/${started.body.id}?include=attempts`, bearing(token))
  t.match(run.body.attempts, [{ client: 'airflow', key_id: 'sso:airflow' }])
  t.same(provider.asked.slice(before), ['/.well-known/openid-configuration', '/jwks'], 'its keys were asked for once')

  const refusals = [
    [other, 'The token is meant for another audience.'],
    [foreign, 'The token is that of no client.'],
    [`${token.slice(0, -8)}AAAAAAAA`, 'The signature of the token is wrong.'],
  ] as const
  const answers = [started, run]
  for (const [bad, fault] of refusals) {
    const refused = await gateway.call('POST', '/trigger/quick', bearing(bad))
    t.match(refused, { status: 401, body: { code: 'unauthenticated' } })
    t.ok(refused.body.detail.startsWith(fault), refused.body.detail)
    t.equal(
      refused.headers.get('www-authenticate'),
      `Basic realm="databricks-job-gateway", Bearer error="invalid_token", error_description="${fault}"`,
    )
    answers.push(refused)
  }
  t.equal(await gateway.metric('job_gateway_auth_failures_total', { reason: 'token_audience' }), 1)
  const asked = provider.asked.length
  const written = JSON.parse(readFileSync(config, 'utf8'))
  written.clients.airflow.tokens[0].claims.client_id = 'stranger'
  writeFileSync(config, JSON.stringify(written))
  gateway.signal('SIGHUP')
  await gateway.logged('config.reloaded')
  t.match(await gateway.call('GET', '/jobs', bearing(foreign)), { status: 200 }, 'another rule, without a restart')
  t.match(await gateway.call('GET', '/jobs', bearing(token)), { status: 401 })
  t.equal(provider.asked.length, asked, 'with the keys that were known')

  const metrics = await (await fetch(`${gateway.metricsUrl}/metrics`)).text()
  gateway.signal('SIGTERM')
  t.equal(await gateway.exited, 0)
  t.match(
    gateway.lines().filter(({ route, status }) => route === '/trigger/:job' && status === 401),
    [
      { code: 'unauthenticated', reason: 'token_audience: issuer sso: aud "https://other.example.com"' },
      { code: 'unauthenticated', reason: 'token_client: sso:stranger fits no client' },
      { code: 'unauthenticated', reason: /^token_signature: issuer sso/ },
    ],
    'the log says why',
  )
  t.match(
    gateway.lines().find(({ route }) => route === '/trigger/:job'),
    { client: 'airflow', key_id: 'sso:airflow' },
  )

  const ledger = join(dirname(config), 'data')
  const places = [
    ...[gateway.output(), metrics, ...answers.map(({ text }) => text)],
    ...readdirSync(ledger).map((file) => readFileSync(join(ledger, file), 'latin1')),
  ]
  for (const secret of [token, other, foreign, ...[token, other, foreign].map((text) => text.split('.')[2] ?? '')])
    t.notOk(
      places.some((text) => text.includes(secret)),
      'no token anywhere, nor its signature',
    )
})

t.test('the provider changes its keys', async (t) => {
  const provider = await startOpenIdProvider(t, ['airflow'])
  const clock = createJumpingClock(Date.now())
  const gateway = await startInProcess(t, {
    jobs,
    workspace: { jobs: [JOB] },
    clients: { airflow: { tokens: [{ issuer: 'sso', claims: { sub: 'airflow' } }] } },
    issuers: { sso: { issuer: provider.url, audience: [AUDIENCE] } },
    clock,
  })
  const ask = async (token: string) => {
    const answer = await fetch(`${gateway.url}/jobs`, { headers: { authorization: `Bearer ${token}` } })
    return answer.status
  }
  const old = await provider.fetchToken('airflow', AUDIENCE)
  t.equal(await ask(old), 200)
  await provider.rotate()
  const fresh = await provider.fetchToken('airflow', AUDIENCE)
  clock.jump(30_000)
  t.equal(await ask(old), 200, 'the old key is still known')
  t.equal(await ask(fresh), 200, 'the new key was fetched')
  t.equal(await ask(old), 401, 'the old one is gone')
  t.equal(provider.asked.filter((path) => path === '/jwks').length, 2)
})
