import { createHash } from 'node:crypto'
import type { Test } from 'tap'
import { startApp } from '../../src/app.ts'
import type { Clock } from '../../src/clock.ts'
import { createSimulator, type Simulator, type SimulatorSettings } from '../../src/simulator/simulator.ts'
import { readFiles } from './config-files.ts'
import { GENEROUS_BUDGET } from './generous-budget.ts'

type Section = Record<string, unknown>

const SIGNING_KEY = 'a-signing-key-of-the-tests-in-process'

export interface InProcessSettings {
  workspace?: SimulatorSettings
  server?: Section
  jobs: Record<string, Section>
  /** Options of the clients by name; each has its name as key, and may trigger and read everything. */
  clients: Record<string, Section>
  watch?: Section
  ledger?: Section
  issuers?: Record<string, Section>
  /** Keeps the ledger in a file, so that it outlives a restart; else in memory. */
  onDisk?: boolean
  /** Of the gateway and of the workspace. */
  clock?: Clock
}

export interface Reply {
  status: number
  headers: Headers
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects, and fails when it is not there
  body: any
}

export interface InProcess {
  /** Another one after a restart. */
  readonly url: string
  simulator: Simulator
  /** Stops the program, and starts it again. */
  restart(): Promise<void>
  call(client: string, method: string, path: string, options?: Pick<RequestInit, 'body' | 'headers'>): Promise<Reply>
}

/** The whole program within the test's process, on a simulated workspace. */
export async function startInProcess(t: Test, settings: InProcessSettings): Promise<InProcess> {
  const clock = settings.clock ? { clock: settings.clock } : {}
  const simulator = await createSimulator({ ...clock, ...settings.workspace })
  t.teardown(() => simulator.close())
  const clients = Object.entries(settings.clients).map(([name, options]) => [
    name,
    {
      keys: [`sha256:${createHash('sha256').update(name).digest('hex')}`],
      jobs: ['*'],
      permissions: ['trigger', 'read', 'metrics'],
      ...options,
    },
  ])
  const written = {
    server: {
      ...{ host: '127.0.0.1', port: 0, metrics_port: null, drain_seconds: 0 },
      signing_keys: [{ env: 'SIGNING_KEY' }],
      ...settings.server,
    },
    workspaces: {
      main: { host: simulator.url, auth: { type: 'pat', token: { env: 'TOKEN' } }, budget: GENEROUS_BUDGET },
    },
    watch: settings.watch ?? { min_interval_seconds: 0.05, max_interval_seconds: 0.5 },
    ledger: { url: 'sqlite:./data/runs.db', ...settings.ledger },
    jobs: settings.jobs,
    issuers: settings.issuers ?? {},
    clients: Object.fromEntries(clients),
  }
  const env = { TOKEN: simulator.credentials.token, SIGNING_KEY, LOG_LEVEL: 'silent' }
  const read = await readFiles(t, { files: { 'gateway.yaml': JSON.stringify(written) }, env })
  if ('problems' in read) throw new Error(read.problems.join('\n'))
  // A file of configuration cannot ask for a ledger that keeps nothing.
  const inMemory = { ...read.config, ledger: { ...read.config.ledger, url: 'sqlite::memory:' } }
  const start = () => startApp({ config: settings.onDisk ? read.config : inMemory, env, ...clock })
  let app = await start()
  t.teardown(() => app.stop())

  return {
    get url() {
      return app.url
    },
    simulator,
    async restart() {
      await app.stop()
      app = await start()
    },
    async call(client, method, path, { headers, ...options } = {}) {
      const response = await fetch(path.startsWith('http') ? path : app.url + path, {
        ...options,
        method,
        headers: { 'x-api-key': client, ...headers },
      })
      const text = await response.text()
      const isJson = response.headers.get('content-type')?.includes('json')
      return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined }
    },
  }
}
