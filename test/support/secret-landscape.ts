import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import { hashKey } from '../../src/config/key-hash.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { CA, startTls } from '../check/support/servers.ts'
import { startProxy } from '../databricks/support/https-proxy.ts'
import { startReceiver } from '../tracing/receiver.ts'
import { CONFIGURED_KINDS, type ConfiguredKind } from './configured-kinds.ts'
import { type Answer, type Gateway, KEYS, startGateway, startSimulator, writeConfig } from './gateway.ts'
import { GENEROUS_TO_STRANGERS } from './generous-limits.ts'
import { startIssuer, type TokenIssuer } from './token-issuer.ts'

const CLIENT_ID = 'client-of-the-gateway'
/** With characters that JSON, a URL, a form and a header each spell in another way. */
export const CLIENT_SECRET = 'client "secret"/with+signs&more=5d41402a'
export const PAT = 'personal-access-token-b2c1f0'
export const AZURE_KEY = 'test-key-of-a-client-with-signed-locations'
const PROXY_PASSWORD = 'pass:word of the/proxy-0cc175b9'
const SIGNING_KEYS = ['the first key that signs Locations 92eb5ffe', 'the second key that signs Locations 4a8a08f0']
/** Beside those of the first workspace. */
const OTHER_KINDS = ['azure-client-secret', 'oidc-federation', 'azure-workload-identity']

export const basic = (user: string, password: string) => Buffer.from(`${user}:${password}`).toString('base64')
const encode = (text: string) => new URLSearchParams({ '': text }).toString().slice(1)

/** A workspace that is signed in to in its own way. */
export interface OtherWorkspace {
  kind: ConfiguredKind
  simulator: Simulator
  job: string
  /** What stands in its file. */
  secret: string
}

export interface SecretLandscape {
  simulator: Simulator
  others: OtherWorkspace[]
  /** Of tokens of the client azure: whose `sub` is azure, and whose `aud` the gateway. */
  issuer: TokenIssuer
  gateway: Gateway
  /** Calls the gateway, and keeps what it answered. */
  call: Gateway['call']
  /** From now on this is a secret, in each of its spellings. */
  hide(kind: string, ...values: string[]): void
  /** All access tokens that the workspaces have given out by now. */
  hideTokens(): string[]
  /** All that the gateway has said and written, by where that was. Takes what is in its files now, too. */
  places(): Map<string, string[]>
  /** By kind. */
  secrets: Map<string, Set<string>>
}

/**
 * A gateway with a secret of every kind, on workspaces with jobs that end well (`quick`, `personal`, `proxied`, one for
 * each other kind of credential), badly (`fails`) and late (`slow`).
 */
export async function startSecretLandscape(t: Test, env: NodeJS.ProcessEnv): Promise<SecretLandscape> {
  const job = { name: 'quick', pending_ms: 0, cleanup_ms: 0, max_concurrent_runs: 1000 }
  const quick = { ...job, job_id: '11', tasks: [{ task_key: 'main', duration_ms: 100 }] }
  const failed = { outcome: 'failed' as const, error: 'AnalysisException: Table or view not found', logs: 'some logs' }
  const simulator = await startSimulator(t, {
    jobs: [
      quick,
      { ...job, job_id: '12', tasks: [{ task_key: 'main', duration_ms: 100, ...failed }] },
      { ...job, job_id: '13', tasks: [{ task_key: 'main', duration_ms: 3_600_000 }] },
    ],
    credentials: { client_id: CLIENT_ID, client_secret: CLIENT_SECRET, token: PAT },
  })
  const receiver = await startReceiver(t)
  const proxy = await startProxy(t, await startTls(t, simulator))
  const others = await Promise.all(
    CONFIGURED_KINDS.filter(({ name }) => OTHER_KINDS.includes(name)).map(async (kind) => {
      const { name, options = {} } = kind
      const workspace = await startSimulator(t, {
        jobs: [quick],
        options,
        credentials: { client_secret: `${name}-9e107d` },
      })
      return { kind, simulator: workspace, job: name, secret: await kind.secret(workspace) }
    }),
  )
  const issuer = await startIssuer(t)
  const pat = { type: 'pat', token: { env: 'TEST_TOKEN' } }
  const config = writeConfig(t, simulator, {
    server: {
      ...{ trigger_timeout_seconds: 0.5, limits: GENEROUS_TO_STRANGERS },
      signing_keys: [{ file: 'signing-0' }, { file: 'signing-1' }],
    },
    issuers: { corporate: { issuer: issuer.url, audience: ['gateway'] } },
    workspace: { auth: { type: 'oauth-m2m', client_id: CLIENT_ID, client_secret: { env: 'TEST_CLIENT_SECRET' } } },
    workspaces: {
      other: { host: simulator.url, auth: pat },
      proxied: {
        ...{ host: 'https://workspace.test', ca: CA, auth: pat },
        proxy: { url: proxy.url, user: 'gateway', password: { env: 'TEST_PROXY_PASSWORD' } },
      },
      ...Object.fromEntries(
        others.map(({ kind, simulator, job }) => [
          job,
          { host: simulator.url, ...kind.workspace, auth: kind.auth(simulator, { file: `secret-of-${job}` }) },
        ]),
      ),
    },
    jobs: {
      quick: { workspace: 'main', job_id: '11', parameters: { day: { type: 'date' } }, rerun_min_seconds: 0 },
      fails: { workspace: 'main', job_id: '12', rerun_min_seconds: 0 },
      slow: { workspace: 'main', job_id: '13' },
      personal: { workspace: 'other', job_id: '11' },
      proxied: { workspace: 'proxied', job_id: '11' },
      ...Object.fromEntries(others.map(({ job }) => [job, { workspace: job, job_id: '11' }])),
    },
    clients: {
      'control-m': { permissions: ['trigger', 'read', 'output', 'cancel', 'repair', 'admin'] },
      other: { jobs: ['quick'], permissions: ['read', 'metrics'] },
      azure: {
        ...{ keys: [hashKey(AZURE_KEY)], jobs: ['*'], permissions: ['trigger', 'read'] },
        ...{ outcome: 'http', signed_location: true, output: 'ko' },
        tokens: [{ issuer: 'corporate', claims: { sub: 'azure' } }],
      },
    },
  })
  const folder = dirname(config)
  for (const { job, secret } of others) writeFileSync(join(folder, `secret-of-${job}`), `${secret}\n`)
  for (const [i, key] of SIGNING_KEYS.entries()) writeFileSync(join(folder, `signing-${i}`), `${key}\n`)

  const secrets = new Map<string, Set<string>>()
  const hide: SecretLandscape['hide'] = (kind, ...values) => {
    const known = secrets.get(kind) ?? new Set()
    for (const value of values) {
      const spellings = [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value), encode(value)]
      for (const spelling of spellings) known.add(spelling)
    }
    secrets.set(kind, known)
  }
  hide('client secret', CLIENT_SECRET, basic(CLIENT_ID, CLIENT_SECRET), basic(CLIENT_ID, encode(CLIENT_SECRET)))
  hide('personal access token', PAT)
  hide('password of the proxy', PROXY_PASSWORD, basic('gateway', PROXY_PASSWORD))
  hide('signing key', ...SIGNING_KEYS)
  for (const { kind, secret } of others) hide(kind.name, secret)
  for (const [client, key] of Object.entries({ ...KEYS, azure: AZURE_KEY }))
    hide("caller's key", key, basic(client, key))

  const gateway = await startGateway(t, config, {
    ...{ TEST_CLIENT_SECRET: CLIENT_SECRET, TEST_TOKEN: PAT, TEST_PROXY_PASSWORD: PROXY_PASSWORD },
    ...{ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_BSP_SCHEDULE_DELAY: '20', ...env },
  })
  const answers: string[] = []
  const files: string[] = []

  return {
    ...{ simulator, others, issuer, gateway, secrets, hide },
    async call(...request) {
      const answer = await gateway.call(...request)
      answers.push(describe(answer))
      return answer
    },
    hideTokens() {
      const tokens = [simulator, ...others.map((other) => other.simulator)].flatMap((one) => one.accessTokens())
      hide('access token', ...tokens)
      return tokens
    },
    places() {
      const ledger = join(folder, 'data')
      files.push(...readdirSync(ledger).map((file) => readFileSync(join(ledger, file), 'latin1')))
      const log = gateway.output().split('\n')
      return new Map(Object.entries({ answers, files, log, traces: [receiver.bytes()] }))
    },
  }
}

/** All of it, but for the query of Location: the one place where a signature belongs. */
function describe({ headers, text }: Answer): string {
  const told = [...headers].map(([name, value]) => [name, name === 'location' ? value.split('?')[0] : value])
  return `${JSON.stringify(told)}\n${text}`
}
