import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import type { Secret } from '../../../src/databricks/auth/secret.ts'
import type { ClientDeps } from '../../../src/databricks/client.ts'
import { createSimulator, type SimulatorSettings } from '../../../src/simulator/simulator.ts'
import { CREDENTIAL_KINDS, type CredentialKind } from '../support/credential-kinds.ts'
import { startProxy } from '../support/https-proxy.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { startClient } from '../support/test-client.ts'

const MINUTE = 60_000
const jobs = [{ name: 'job', job_id: '1', tasks: [{ task_key: 'main' }] }]
const fixture = (name: string) => readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8')

interface Setting {
  simulator?: SimulatorSettings
  client?: Partial<ClientDeps>
  authority?: string
  /** Of the workspace's clock, against ours. */
  skewMs?: number
}

/** A client and a workspace whose times only the test moves. */
async function start(
  t: Test,
  kind: CredentialKind,
  { simulator: settings, client, authority, skewMs = 0 }: Setting = {},
) {
  const clock = createManualClock()
  const theirs = { now: () => clock.now() + skewMs, sleep: async () => {} }
  const options = { ...kind.options, ...settings?.options }
  const simulator = await createSimulator({ clock: theirs, jobs, ...settings, options })
  t.teardown(simulator.close)
  const refreshes: string[] = []
  const accepted: boolean[] = []
  /** Replaced by a test that wants another one; else what is accepted. */
  const hand: { read: Secret } = { read: () => kind.secret(simulator) }
  const databricks = startClient(t, {
    host: simulator.url,
    clock,
    auth: kind.auth(simulator, () => hand.read(), authority ?? simulator.url),
    ...(kind.workspaceId === undefined ? {} : { workspaceId: kind.workspaceId }),
    observer: {
      request() {},
      retry() {},
      up() {},
      tokenRefresh: (result) => refreshes.push(result),
      credentialRefused: (isRefused) => accepted.push(!isRefused),
    },
    ...client,
  })
  return {
    ...{ clock, simulator, hand, refreshes, accepted, client: databricks },
    /** One try: time stands still, so a further one would come too late. */
    ask: () => databricks.getJob('1', { deadline: clock.now() + 100 }),
    asked: () => simulator.counts()[`POST ${kind.endpoint}`] ?? 0,
    answers: () => simulator.calls().flatMap(({ path, status }) => (path.startsWith('/api/') ? [status] : [])),
  }
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise(setImmediate)
}

for (const kind of CREDENTIAL_KINDS) {
  t.test(kind.name, async (t) => {
    const isToken = kind.endpoint === undefined

    t.test('signs in once, and renews ahead of the end while nobody waits', async (t) => {
      const { ask, asked, clock, client } = await start(t, kind)
      t.match(await ask(), { job_id: '1' })
      await ask()
      t.equal(asked(), kind.tokens, 'one token serves')
      t.equal(client.accessTokenExpiresAt(), isToken ? null : clock.now() + 60 * MINUTE)
      if (isToken) return
      clock.advance(41 * MINUTE)
      await ask()
      await until(() => client.accessTokenExpiresAt() === clock.now() + 60 * MINUTE)
      clock.advance(39 * MINUTE)
      await ask()
      t.equal(asked(), 2 * kind.tokens, 'past the end of the first with the second')
    })

    t.test('takes a rotated secret up without a restart', async (t) => {
      const { ask, asked, simulator, answers } = await start(t, kind)
      await ask()
      kind.rotate(simulator)
      simulator.revokeTokens()
      t.match(await ask(), { job_id: '1' })
      t.equal(asked(), 2 * kind.tokens)
      t.strictSame(answers(), isToken ? [200, 200] : [200, 401, 200])
    })

    t.test('is refused, says so, and tries on', async (t) => {
      const { ask, hand, clock, refreshes, accepted, client, answers } = await start(t, kind)
      const { read } = hand
      hand.read = () => 'no-longer-a-secret'
      await t.rejects(ask(), { name: 'DatabricksError', kind: 'credential', sent: isToken })
      t.equal(client.credentialRefusedSince(), clock.now())
      if (!isToken) t.strictSame(answers(), [], 'nothing was asked without a token')
      hand.read = read
      clock.advance(5_000)
      t.match(await ask(), { job_id: '1' })
      t.strictSame(accepted, [false, true])
      t.equal(client.credentialRefusedSince(), undefined)
      if (!isToken) t.strictSame(refreshes, ['refused', 'ok'])
    })

    t.test('has no secret in its errors, whatever is said of it', async (t) => {
      const { ask, simulator, hand } = await start(t, kind)
      const secret = await kind.secret(simulator)
      hand.read = () => secret
      const { client_id } = simulator.credentials
      const basic = kind.name.startsWith('oauth-m2m') ? [Buffer.from(`${client_id}:${secret}`).toString('base64')] : []
      const spellings = [secret, encodeURIComponent(secret), ...basic]
      const path = kind.endpoint ?? '/api/2.2/jobs/get'
      const body = { error: 'invalid_client', error_description: spellings.join(' ') }
      simulator.addFault({ path, status: 401, body, times: null })
      const error: Error = await ask().then(t.fail, (error) => error)
      t.match(error.message, /\[redacted\] \[redacted\]/)
      for (const spelling of spellings) t.notOk(`${error.stack}${error.message}`.includes(spelling))
    })

    if (!isToken) {
      t.test('waits out an endpoint that is down', async (t) => {
        const { ask, simulator, clock, refreshes, accepted, answers } = await start(t, kind)
        const { endpoint: path = '' } = kind
        for (const fault of [{ status: 503 }, { drop: true }]) {
          simulator.addFault({ path, ...fault, times: null })
          await t.rejects(ask(), { name: 'DatabricksError', kind: 'unavailable', sent: false }, JSON.stringify(fault))
          simulator.clearFaults()
          clock.advance(5_000)
        }
        t.strictSame(answers(), [])
        t.match(await ask(), { job_id: '1' })
        t.strictSame(refreshes, ['failed', 'failed', 'ok'])
        t.strictSame(accepted, [], 'that is no refusal')
      })
    }

    t.test('does not mind clocks that differ', async (t) => {
      for (const skewMs of [-5 * MINUTE, 5 * MINUTE]) {
        const simulator = { options: { token_life_seconds: 240 } }
        const { ask, clock, answers } = await start(t, kind, { simulator, skewMs })
        for (let i = 0; i < 5; i++) {
          await ask()
          // Into its last minute, by our clock.
          clock.advance(200_000)
        }
        t.strictSame(new Set(answers()), new Set([200]), `${skewMs} ms`)
      }
    })

    t.test('goes through a proxy to TLS of a private authority', async (t) => {
      const tls = { key: fixture('key.pem'), cert: fixture('cert.pem') }
      const simulator = await createSimulator({ tls, jobs, ...(kind.options ? { options: kind.options } : {}) })
      t.teardown(simulator.close)
      const proxy = await startProxy(t, Number(new URL(simulator.url).port))
      const client = startClient(t, {
        host: 'https://workspace.test',
        auth: kind.auth(simulator, () => kind.secret(simulator), 'https://localhost:8443'),
        ...(kind.workspaceId === undefined ? {} : { workspaceId: kind.workspaceId }),
        ca: fixture('ca.pem'),
        proxy: { url: proxy.url, credentials: () => ({ user: 'gateway', password: 'p@ss:word' }) },
      })
      t.match(await client.getJob('1', { deadline: Date.now() + 20_000 }), { job_id: '1' })
      const entra = kind.endpoint?.includes('oauth2') ? ['localhost:8443'] : []
      t.strictSame(new Set(proxy.asked), new Set(['workspace.test:443', ...entra]))
      t.strictSame(new Set(proxy.authorization), new Set([`Basic ${btoa('gateway:p@ss:word')}`]))
    })
  })
}
