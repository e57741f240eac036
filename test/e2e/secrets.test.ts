import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import type { Fault } from '../../src/simulator/faults.ts'
import { KEYS, startGateway, startSimulator, writeConfig } from '../support/gateway.ts'

const CLIENT_ID = 'client-of-the-gateway'
/** With characters that JSON, a URL, a form and a header each spell in another way. */
const CLIENT_SECRET = 'client "secret"/with+signs&more=5d41402a'
const ROTATED_SECRET = 'rotated client secret 7c9e6679'
const PAT = 'personal-access-token-b2c1f0'
const WRONG_KEY = 'key-that-nobody-knows-9f86d081'

const basic = (user: string, password: string) => Buffer.from(`${user}:${password}`).toString('base64')
const encode = (text: string) => new URLSearchParams({ '': text }).toString().slice(1)
/** As whoever was sent it might write it. */
const spell = (secret: string) => [
  secret,
  JSON.stringify(secret).slice(1, -1),
  encodeURIComponent(secret),
  encode(secret),
]
const OF_CLIENT = [...spell(CLIENT_SECRET), basic(CLIENT_ID, CLIENT_SECRET), basic(CLIENT_ID, encode(CLIENT_SECRET))]
const SECRETS = [
  ...[...OF_CLIENT, ...spell(ROTATED_SECRET), PAT, WRONG_KEY, basic('control-m', WRONG_KEY)],
  ...Object.entries(KEYS).flatMap(([client, key]) => [key, basic(client, key)]),
]

t.jobs = 2
for (const level of ['info', 'trace']) {
  t.test(`a whole life with LOG_LEVEL=${level}: no secret in the log, an answer, the metrics or the ledger`, (t) =>
    live(t, level),
  )
}

async function live(t: Test, level: string) {
  const job = { name: 'quick', pending_ms: 0, cleanup_ms: 0, max_concurrent_runs: 1000 }
  const failed = { outcome: 'failed', error: 'AnalysisException: Table or view not found', logs: 'some logs' }
  const simulator = await startSimulator(t, {
    jobs: [
      { ...job, job_id: '11', tasks: [{ task_key: 'main', duration_ms: 100 }] },
      { ...job, job_id: '12', tasks: [{ task_key: 'main', duration_ms: 100, ...failed }] },
      { ...job, job_id: '13', tasks: [{ task_key: 'main', duration_ms: 3_600_000 }] },
    ],
    credentials: { client_id: CLIENT_ID, client_secret: CLIENT_SECRET, token: PAT },
  })
  const config = writeConfig(t, simulator, {
    server: { trigger_timeout_seconds: 0.5 },
    workspace: { auth: { type: 'oauth-m2m', client_id: CLIENT_ID, client_secret: { env: 'TEST_CLIENT_SECRET' } } },
    workspaces: { other: { host: simulator.url, auth: { type: 'pat', token: { env: 'TEST_TOKEN' } } } },
    jobs: {
      quick: { workspace: 'main', job_id: '11', parameters: { day: { type: 'date' } }, rerun_min_seconds: 0 },
      fails: { workspace: 'main', job_id: '12', rerun_min_seconds: 0 },
      slow: { workspace: 'main', job_id: '13' },
      personal: { workspace: 'other', job_id: '11' },
    },
    clients: { other: { jobs: ['quick'], permissions: ['read', 'metrics'] } },
  })
  const env = { TEST_CLIENT_SECRET: CLIENT_SECRET, TEST_TOKEN: PAT, LOG_LEVEL: level }
  const gateway = await startGateway(t, config, env)

  const answers: string[] = []
  const call: typeof gateway.call = async (...request) => {
    const answer = await gateway.call(...request)
    answers.push(`${JSON.stringify([...answer.headers])}\n${answer.text}`)
    return answer
  }
  const trigger = async (job: string, query = '') => (await call('POST', `/trigger/${job}?wait=5${query}`)).body
  const tokens = new Set<string>()
  const run = async (job: string) => {
    const body = await trigger(job)
    for (const token of simulator.accessTokens()) tokens.add(token)
    return body
  }

  t.match(await run('quick'), { state: 'SUCCEEDED' })
  t.match(await run('fails'), { state: 'FAILED' })
  t.match(await run('personal'), { state: 'SUCCEEDED' }, 'by a personal access token')
  simulator.advance(3_700_000)
  t.match(await run('quick'), { state: 'SUCCEEDED' }, 'after the access token has expired')
  simulator.revokeTokens()
  t.match(await run('quick'), { state: 'SUCCEEDED' }, 'after it was revoked')
  t.equal(tokens.size, 3, 'three access tokens so far')

  for (const authorization of [
    ...[`Bearer ${KEYS['control-m']}`, `Basic ${basic('control-m', KEYS['control-m'])}`],
    ...[`Bearer ${WRONG_KEY}`, `Basic ${basic('control-m', WRONG_KEY)}`, `Basic ${basic('control-m', KEYS.other)}`],
    ...[`Bearer ${KEYS.other} ${KEYS.other}`, `Token ${KEYS.other}`, KEYS['control-m']],
  ]) {
    await call('GET', '/jobs', { client: null, headers: { authorization } })
    await call('POST', '/trigger/quick', { client: null, headers: { authorization } })
  }
  await call('GET', '/jobs', { client: null, headers: { 'x-api-key': WRONG_KEY } })
  await call('GET', '/jobs', { headers: { authorization: `Bearer ${WRONG_KEY}` } })
  await call('GET', `/jobs?api_key=${KEYS['control-m']}`)
  t.match(await call('POST', '/trigger/quick', { client: 'other' }), { status: 403 })
  t.match(await trigger('nothing'), { code: 'unknown-job' })
  t.match(await trigger('quick', '&p.day=x'), { code: 'invalid-parameters' })

  // Databricks, or a proxy before it, that says what it was sent.
  const token = [...tokens].at(-1) ?? ''
  const echo = [token, ...OF_CLIENT].join(' , ')
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

  simulator.changeCredentials({ client_secret: ROTATED_SECRET })
  simulator.revokeTokens()
  simulator.addFault({
    path: '/oidc/v1/token',
    status: 401,
    body: { error: 'invalid_client', error_description: echo },
  })
  const waiting = await trigger('quick', '&key=WAITING')
  t.match(waiting, { state: 'SUBMITTING', message: /credential/ })
  simulator.changeCredentials({ client_secret: CLIENT_SECRET })
  t.match((await call('GET', `/runs/${waiting.id}/await?wait=10`)).body, { state: 'SUCCEEDED' })
  for (const token of simulator.accessTokens()) tokens.add(token)

  for (const path of [
    '/runs',
    '/runs?format=text',
    '/jobs',
    '/jobs/quick',
    '/readyz',
    '/openapi.json',
    '/docs',
    '/nothing',
  ]) {
    await call('GET', path)
  }
  t.match(await call('GET', '/metrics', { client: 'other' }), { status: 200 })
  answers.push(await (await fetch(`${gateway.metricsUrl}/metrics`)).text())

  const ledger = join(dirname(config), 'data')
  const readLedger = () =>
    readdirSync(ledger).map((file) => [file, readFileSync(join(ledger, file), 'latin1')] as const)
  const whileOpen = readLedger()
  t.ok(whileOpen.some(([file]) => file.endsWith('-wal')))
  gateway.signal('SIGTERM')
  t.equal(await gateway.exited, 0)

  const places = [
    ...answers.map((text, i) => [`answer ${i}`, text] as const),
    ...[...whileOpen, ...readLedger()],
    ['log', gateway.output()] as const,
  ]
  t.ok(gateway.output().includes('run.finished'), 'there is a log')
  for (const secret of [...SECRETS, ...tokens]) {
    const seen = places.filter(([, text]) => text.includes(secret))
    t.same(
      seen.map(([name, text]) => `${name}: …${excerpt(text, secret)}…`),
      [],
      `nowhere: ${secret}`,
    )
  }
}

function excerpt(text: string, secret: string): string {
  const at = text.indexOf(secret)
  return text.slice(Math.max(0, at - 200), at + secret.length + 50)
}
