import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { CONFIGURED_KINDS } from '../support/configured-kinds.ts'
import { startGateway, startSimulator, writeConfig } from '../support/gateway.ts'

const JOB = { job_id: '1', name: 'quick', pending_ms: 0, cleanup_ms: 0, tasks: [{ task_key: 'main', duration_ms: 50 }] }
const WRONG = 'a-secret-of-the-year-before'

t.test('each kind of credential: refused, mended in its file, used; and no secret told', async (t) => {
  const landscape = await Promise.all(
    CONFIGURED_KINDS.map(async (kind, i) => {
      const simulator = await startSimulator(t, {
        jobs: [JOB],
        options: { ...kind.options, token_life_seconds: 3_600 },
      })
      return { kind, simulator, name: `w${i}`, secret: join(t.testdir(), `secret-${i}`) }
    }),
  )
  const [first] = landscape
  if (!first) throw new Error('no kinds')
  const entries = landscape.map(({ kind, simulator, name, secret }) => {
    const auth = kind.auth(simulator, { file: secret })
    return [name, { host: simulator.url, ...kind.workspace, auth }] as const
  })
  const config = writeConfig(t, first.simulator, {
    server: { trigger_timeout_seconds: 3 },
    workspaces: Object.fromEntries(entries),
    jobs: Object.fromEntries(landscape.map(({ name }) => [name, { workspace: name, job_id: '1' }])),
  })
  for (const { secret } of landscape) writeFileSync(secret, WRONG)
  const gateway = await startGateway(t, config, { LOG_LEVEL: 'trace' })
  const answers: string[] = []
  const told = new Set([WRONG])
  const refused = (workspace: string) => gateway.metric('job_gateway_databricks_credential_refused', { workspace })

  await Promise.all(
    landscape.map(async ({ kind, simulator, name, secret }) => {
      // First of all, because the issuer of some makes its keys only now.
      const right = await kind.secret(simulator)
      told.add(right)
      const submitting = await gateway.trigger(name)
      t.match(submitting, { status: 202, body: { state: 'SUBMITTING', message: /credential/ } }, kind.name)
      t.equal(await refused(name), 1, `${kind.name}: an alarm`)
      writeFileSync(secret, `${right}\n`)
      const ended = await gateway.ended(submitting.body.id)
      t.match(ended, { state: 'SUCCEEDED' }, `${kind.name}: without a restart`)
      t.equal(await refused(name), 0, `${kind.name}: the alarm is over`)
      simulator.revokeTokens()
      const again = await gateway.trigger(name)
      t.match(await gateway.ended(again.body.id), { state: 'SUCCEEDED' }, `${kind.name}: a token that was revoked`)
      for (const token of simulator.accessTokens()) told.add(token)
      answers.push(submitting.text, JSON.stringify(ended), again.text)
    }),
  )

  answers.push(await (await fetch(`${gateway.metricsUrl}/metrics`)).text())
  gateway.signal('SIGTERM')
  t.equal(await gateway.exited, 0)
  const ledger = join(dirname(config), 'data')
  const places = [
    ...answers,
    gateway.output(),
    ...readdirSync(ledger).map((name) => readFileSync(join(ledger, name), 'latin1')),
  ]
  for (const secret of told)
    t.notOk(
      places.some((text) => text.includes(secret)),
      'no secret anywhere',
    )
})

t.test('a secret is rotated under load, and no call fails', async (t) => {
  const simulator = await startSimulator(t, { jobs: [{ ...JOB, max_concurrent_runs: 1000 }] })
  const secret = join(t.testdir(), 'secret')
  const auth = { type: 'oauth-m2m', client_id: simulator.credentials.client_id, client_secret: { file: secret } }
  const config = writeConfig(t, simulator, { workspace: { auth }, jobs: { quick: { job_id: '1' } } })
  writeFileSync(secret, simulator.credentials.client_secret)
  const gateway = await startGateway(t, config)
  let isOver = false
  const statuses: number[] = []
  const caller = async () => {
    while (!isOver) {
      const { status, body } = await gateway.call('POST', '/trigger/quick?wait=30')
      statuses.push(status)
      t.match(body, { state: 'SUCCEEDED' })
    }
  }
  const callers = Array.from({ length: 8 }, caller)
  for (const next of ['second-secret-of-the-principal', 'third-secret-of-the-principal']) {
    const before = statuses.length
    while (statuses.length < before + 20) await new Promise(setImmediate)
    simulator.changeCredentials({ client_secret: next })
    simulator.revokeTokens()
    writeFileSync(secret, next)
  }
  const before = statuses.length
  while (statuses.length < before + 20) await new Promise(setImmediate)
  isOver = true
  await Promise.all(callers)
  t.strictSame(new Set(statuses), new Set([200]))
  t.equal(simulator.runs().length, statuses.length, 'each call is one run')
})

t.test('a profile of Databricks’ own tools, and a new secret in it', async (t) => {
  const simulator = await startSimulator(t, { jobs: [JOB] })
  const { client_id, client_secret } = simulator.credentials
  const config = writeConfig(t, simulator, { jobs: { quick: { job_id: '1' } } })
  const written = JSON.parse(readFileSync(config, 'utf8'))
  writeFileSync(config, JSON.stringify({ ...written, workspaces: {} }))
  const profile = join(dirname(config), 'profiles')
  const writeProfile = (secret: string) =>
    writeFileSync(profile, `[jobs]\nhost = ${simulator.url}\nclient_id = ${client_id}\nclient_secret = ${secret}\n`)
  writeProfile(client_secret)
  const env = { DATABRICKS_CONFIG_FILE: profile, DATABRICKS_CONFIG_PROFILE: 'jobs' }
  const gateway = await startGateway(t, config, env)
  const run = async () => (await gateway.ended((await gateway.trigger('quick')).body.id)).state
  t.equal(await run(), 'SUCCEEDED')
  simulator.changeCredentials({ client_secret: 'second-secret#of;the-principal' })
  simulator.revokeTokens()
  writeProfile('second-secret#of;the-principal')
  t.equal(await run(), 'SUCCEEDED')
  t.notMatch(gateway.output(), /second-secret/)
})
