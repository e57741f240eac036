import { createHash } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { createAuthentication } from '../../src/callers/authenticate.ts'
import { type Clock, systemClock } from '../../src/clock.ts'
import { createFetchJson } from '../../src/fetch-json.ts'
import { createFetchKeys } from '../../src/fetch-keys.ts'
import type { LoadMeter } from '../../src/http/limits/load-meter.ts'
import { createListener } from '../../src/http/listener.ts'
import { createServer, type ServerDeps } from '../../src/http/server.ts'
import { openLedger } from '../../src/ledger/open.ts'
import { createLogger } from '../../src/log.ts'
import { createMetrics } from '../../src/metrics.ts'
import { createPauses } from '../../src/runs/pauses.ts'
import { createRead } from '../../src/runs/read.ts'
import type { Run } from '../../src/runs/run.ts'
import type { AttemptChange, RunStore } from '../../src/runs/store.ts'
import { createTellings } from '../../src/runs/tell.ts'
import { createTransitions } from '../../src/runs/transition.ts'
import { createWaits, type Waits } from '../../src/runs/wait.ts'
import { createUsualDurations } from '../../src/runs/watch/usual.ts'
import { createReadSigningKeys } from '../../src/signing-keys.ts'
import { collectLines } from './collect-lines.ts'
import { readFiles } from './config-files.ts'

export const KEYS = {
  /** May do everything with every job. */
  'control-m': 'key-of-control-m',
  /** The same, another client. */
  other: 'key-of-other',
  /** May only read, and sees only jobs of its team. */
  team: 'key-of-team',
}
export type KeyOwner = keyof typeof KEYS

const sha256 = (key: string) => `sha256:${createHash('sha256').update(key).digest('hex')}`

/** In the environment of the server, under this name. */
const SIGNING_KEY = 'a-signing-key-of-the-tests-of-http'

/** The configuration of the server; `sections` are further YAML, `client` options of control-m. */
const writeConfig = ({ server = '', client = '', sections = '' }: Written) => `
server: { instance: test, ${server} }
workspaces:
  main: { host: "http://127.0.0.1:8181", auth: { type: pat, token: { env: TOKEN } } }
jobs:
  nightly-load:
    job_id: "281874479417551"
    description: Loads the sales of yesterday.
    owner: risk-data
    parameters: { day: { type: date, required: true }, region: { enum: [NORTE, SUR], default: NORTE } }
  team-report: { job_id: "2" }
watch: { min_interval_seconds: 2, max_interval_seconds: 30 }
clients:
  control-m:
    keys: ["${sha256(KEYS['control-m'])}"]
    jobs: ["*"]
    permissions: [trigger, read, cancel, metrics]
    ${client}
  other: { keys: ["${sha256(KEYS.other)}"], jobs: ["*"], permissions: [trigger, read] }
  team: { keys: ["${sha256(KEYS.team)}"], jobs: ["team-*"], permissions: [read] }
${sections}
`

interface Written {
  server?: string
  client?: string
  sections?: string
}

export interface ServerSettings extends Written, Partial<Pick<ServerDeps, 'health' | 'trigger' | 'cancel'>> {
  /** How hard it is for the process to keep up; not at all when left out. */
  load?: LoadMeter['load']
  clock?: Clock
  /** Stands between the server and its ledger. */
  between?: (store: RunStore) => RunStore
}

export interface TestServer {
  app: FastifyInstance
  url: string
  port: number
  store: RunStore
  waits: Waits
  /** Lines of the log since the server listens. */
  lines(): Record<string, unknown>[]
  /** Puts a run into the ledger. */
  hold(run: Run): Promise<Run>
  /** Changes it as a watcher would. */
  move(run: Run, change: AttemptChange): Promise<Run>
  call(path: string, options?: RequestInit & { as?: KeyOwner | null }): Promise<Answer>
}

export interface Answer {
  status: number
  headers: Headers
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects, and fails when it is not there
  body: any
}

/** The HTTP side on a port, over a real ledger in memory; nothing watches, nothing is Databricks. */
export async function startServer(t: Test, settings: ServerSettings = {}): Promise<TestServer> {
  const { clock = systemClock, between = (store) => store } = settings
  const env = { TOKEN: 'x', SIGNING_KEY }
  const read = await readFiles(t, { files: { 'gateway.yaml': writeConfig(settings) }, env })
  if ('problems' in read) throw new Error(read.problems.join('\n'))
  const { config } = read
  const store = await openLedger({ url: 'sqlite::memory:', instance: 'test' })
  const log = collectLines()
  const logger = createLogger({ level: 'info', destination: log.destination })
  const onError = (error: unknown) => logger.error({ err: error })
  const waits = createWaits(clock, () => {})
  const transitions = createTransitions({ store, tell: ({ run }) => waits.wake(run) })
  const seen = between(store)
  const app = await createServer({
    current: () => config,
    store: seen,
    trigger: settings.trigger ?? unused,
    dryRun: unused,
    cancel: settings.cancel ?? unused,
    repair: unused,
    refresh: unused,
    readOutput: unused,
    read: createRead({ store: seen, jobs: () => config.jobs }),
    pauses: createPauses({ store: seen, clock, onChanged() {}, tellOthers: async () => {} }),
    waits,
    tellings: createTellings({ store: seen, now: clock.now, onError }),
    usual: createUsualDurations(seen, clock.now),
    metrics: createMetrics({ current: () => config, version: '1.2.3', instance: 'test', clock }),
    meter: { load: settings.load ?? (() => ({ delayMs: 0, heapShare: 0 })), stop() {} },
    listener: createListener(undefined),
    health: settings.health ?? (() => ({ ready: true, draining: false })),
    isDraining: () => settings.health?.().draining ?? false,
    authenticationOf: createAuthentication({
      createFetchKeys: (issuer) => createFetchKeys(issuer, createFetchJson({ env, onSecret() {}, clock })),
      clock,
      onTrouble: (_issuer, error) => onError(error),
    }),
    signingKeys: createReadSigningKeys({ env, onSecret() {}, onTrouble: onError }),
    clock,
    log: logger,
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(async () => {
    waits.endAll()
    await app.close()
    await store.close()
  })
  const { port } = app.server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  const before = log.lines().length

  return {
    app,
    url,
    port,
    store,
    waits,
    lines: () => log.lines().slice(before),
    async hold(run) {
      await store.insert(run)
      return (await store.get(run.id)) ?? run
    },
    async move(run, change) {
      const moved = await transitions.move(run, change)
      if (!moved) throw new Error('the run is another one by now')
      return moved
    },
    async call(path, { as = 'control-m', headers, ...options } = {}) {
      const key = as === null ? {} : { 'x-api-key': KEYS[as] }
      const response = await fetch(url + path, { ...options, headers: { ...key, ...headers } })
      const text = await response.text()
      return { status: response.status, headers: response.headers, text, body: parse(text) }
    },
  }
}

function unused(): never {
  throw new Error('this test has no Databricks')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
