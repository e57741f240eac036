import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { createSimulator, type Simulator, type SimulatorSettings } from '../../src/simulator/simulator.ts'
import { GENEROUS_BUDGET } from './generous-budget.ts'
import { type Program, startProgram } from './program.ts'

/** Keys of the two callers that every test gateway knows. */
export const KEYS = { 'control-m': 'test-key-of-control-m', other: 'test-key-of-another-client' }

type Section = Record<string, unknown>

export interface GatewaySettings {
  server?: Section
  jobs?: Record<string, Section>
  /** Options of the two; others as they are. */
  clients?: Record<string, Section>
  watch?: Section
  workspace?: Section
  /** More of them, beside `main`. */
  workspaces?: Record<string, Section>
  ledger?: Section
  issuers?: Record<string, Section>
  env?: NodeJS.ProcessEnv
}

export interface Answer {
  status: number
  headers: Headers
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects, and fails when it is not there
  body: any
}

/** The gateway as a process of its own. */
export interface Gateway {
  url: string
  metricsUrl: string
  /** Everything that it printed. */
  output(): string
  stderr(): string
  lines(): Record<string, unknown>[]
  /** Resolves as soon as the log has this event. */
  logged(event: string): Promise<unknown>
  call(method: string, path: string, options?: CallOptions): Promise<Answer>
  trigger(job: string, body?: unknown, options?: CallOptions & { key?: string }): Promise<Answer>
  /** The run once it is done. */
  ended(id: string): Promise<Answer['body']>
  metric(name: string, labels?: Record<string, string>): Promise<number | undefined>
  signal(name: NodeJS.Signals): void
  /** Resolves with the exit code, or the signal's name. */
  exited: Program['exited']
}

export interface CallOptions {
  client?: keyof typeof KEYS | null
  headers?: Record<string, string>
  body?: unknown
  signal?: AbortSignal
}

export async function startSimulator(t: Test, settings: SimulatorSettings = {}): Promise<Simulator> {
  const simulator = await createSimulator(settings)
  t.teardown(() => simulator.close())
  return simulator
}

/** Writes a configuration for this workspace into a folder of the test; JSON is YAML. */
export function writeConfig(t: Test, simulator: Pick<Simulator, 'url'>, settings: GatewaySettings = {}): string {
  const folder = t.testdir()
  const hash = (key: string) => `sha256:${createHash('sha256').update(key).digest('hex')}`
  const client = (key: string) => ({
    keys: [hash(key)],
    jobs: ['*'],
    permissions: ['trigger', 'read', 'output', 'cancel', 'repair'],
  })
  const config = {
    server: { instance: 'test', host: '127.0.0.1', port: 0, metrics_port: 0, drain_seconds: 0, ...settings.server },
    ledger: { url: `sqlite:${join(folder, 'data', 'runs.db')}`, ...settings.ledger },
    workspaces: {
      main: {
        host: simulator.url,
        auth: { type: 'oauth-m2m', client_id: 'simulated-client', client_secret: { env: 'TEST_CLIENT_SECRET' } },
        budget: GENEROUS_BUDGET,
        ...settings.workspace,
      },
      ...settings.workspaces,
    },
    watch: { min_interval_seconds: 0.05, max_interval_seconds: 0.5, ...settings.watch },
    jobs: settings.jobs ?? {},
    issuers: settings.issuers ?? {},
    clients: {
      ...settings.clients,
      'control-m': { ...client(KEYS['control-m']), ...settings.clients?.['control-m'] },
      other: { ...client(KEYS.other), ...settings.clients?.['other'] },
    },
  }
  const file = join(folder, 'gateway.yaml')
  writeFileSync(file, JSON.stringify(config, null, 2))
  return file
}

/** Starts `job-gateway serve` and resolves when it is ready; ended with the test. */
export async function startGateway(t: Test, configFile: string, env: NodeJS.ProcessEnv = {}): Promise<Gateway> {
  return awaitGateway(
    startProgram(t, ['serve', '--config', configFile], { env: { TEST_CLIENT_SECRET: 'simulated-secret', ...env } }),
  )
}

/** The gateway that this program runs, as soon as it is ready. Rejects when the program ends instead. */
export async function awaitGateway(program: Program): Promise<Gateway> {
  const [line] = await program.printed(/^.*"event":"gateway\.started".*(?=\n)/m)
  const started = parse(line)
  return drive(program, started.url, started.metrics_url)
}

function drive(program: Program, url: string, metricsUrl: string): Gateway {
  const call: Gateway['call'] = async (method, path, { client = 'control-m', headers = {}, body, signal } = {}) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(client === null ? {} : { 'x-api-key': KEYS[client] }),
        ...(body === undefined || typeof body === 'string' ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, body: parse(text) }
  }

  return {
    url,
    metricsUrl,
    exited: program.exited,
    output: program.output,
    stderr: program.stderr,
    lines: () =>
      program
        .stdout()
        .split('\n')
        .map(parse)
        .filter((line) => line !== undefined),
    logged: (event) => program.printed(new RegExp(`"event":"${RegExp.escape(event)}"`)),
    call,
    trigger: (job, body, { key, headers = {}, ...options } = {}) =>
      call('POST', `/trigger/${job}`, {
        ...options,
        ...(body === undefined ? {} : { body }),
        headers: { ...headers, ...(key === undefined ? {} : { 'idempotency-key': key }) },
      }),
    async ended(id) {
      for (;;) {
        const { status, body } = await call('GET', `/runs/${id}/await?wait=45`)
        if (status !== 202) return body
      }
    },
    async metric(name, labels = {}) {
      const text = await (await fetch(`${metricsUrl}/metrics`)).text()
      const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
      const line = text
        .split('\n')
        .find((line) => line.replace(/[{ ].*/, '') === name && wanted.every((label) => line.includes(label)))
      return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ')))
    },
    signal: program.signal,
  }
}

function parse(text: string): Answer['body'] {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
