import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GENEROUS_BUDGET } from '../support/generous-budget.ts'
import { GENEROUS_LIMITS } from '../support/generous-limits.ts'
import type { TimeScale } from '../support/scaled-clock.ts'
import type { Bench } from './bench.ts'
import { type Program, startProgram } from './program.ts'
import { JOBS, TOKEN } from './workspace.ts'

const MAIN = new URL('../../src/main.ts', import.meta.url)
const IN_OTHER_TIME = new URL('programs/gateway.ts', import.meta.url)
const KEY = 'key-of-the-bench'
const STARTED = /"event":"gateway\.started","url":"([^"]+)","metrics_url":"([^"]+)"/

/** What callers of the gateway send. */
export const HEADERS = { 'x-api-key': KEY, 'content-type': 'application/json' }
export const TRIGGER_BODY = JSON.stringify({ parameters: { day: '2026-11-22' } })
export const INSTANCE = 'bench'

export interface Gateway extends Program {
  /** All metrics, by name with labels. */
  metrics(): Promise<Map<string, number>>
}

export interface GatewaySettings {
  /** Of the only workspace, or of each by its name. */
  workspaceUrl: string | Record<string, string>
  /** Where the jobs of the catalogue are; when left out, those of `startWorkspace`. */
  jobs?: Record<string, { workspace: string; job_id: string }>
  /** File of the ledger; a new one when left out. */
  ledger?: string
  /** How long ended runs are kept; the default when left out. */
  retentionDays?: number
  /** Requests per second to the workspace; more than is ever used when left out. */
  budget?: Record<string, number>
  /** Of its one client, which stands for many callers; more than is ever used when left out. */
  limits?: Record<string, unknown>
  /** Its time; the system's when left out. */
  scale?: TimeScale
}

const MAIN_JOBS = Object.fromEntries(JOBS.entries().map(([name, job_id]) => [name, { workspace: 'main', job_id }]))

let ledgers = 0

/** The gateway as operators run it: log at level info, `synchronous` FULL, the documented defaults; ready when resolved. */
export async function startGateway(bench: Bench, settings: GatewaySettings): Promise<Gateway> {
  const { workspaceUrl, jobs = MAIN_JOBS, ledger, retentionDays, scale } = settings
  const { budget = GENEROUS_BUDGET, limits = GENEROUS_LIMITS } = settings
  const urls = typeof workspaceUrl === 'string' ? { main: workspaceUrl } : workspaceUrl
  const config = {
    server: { instance: INSTANCE, host: '127.0.0.1', port: 0, metrics_port: 0, drain_seconds: 0 },
    ledger: {
      url: `sqlite:${ledger ?? join(bench.folder, `${ledgers++}.db`)}`,
      synchronous: 'full',
      ...(retentionDays !== undefined && { retention_days: retentionDays }),
    },
    workspaces: mapValues(urls, (host) => ({
      host,
      auth: { type: 'pat', token: { env: 'BENCH_TOKEN' } },
      budget,
    })),
    jobs: mapValues(jobs, (job) => ({ ...job, parameters: { day: { type: 'date', required: true } } })),
    clients: {
      bench: {
        keys: [`sha256:${createHash('sha256').update(KEY).digest('hex')}`],
        jobs: ['*'],
        permissions: ['trigger', 'read', 'output', 'cancel', 'repair'],
        limits,
      },
    },
  }
  const file = join(bench.folder, 'gateway.yaml')
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(config))
  const profile = bench.cpuProfiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${bench.cpuProfiles}`]
  const program = await startProgram(bench, {
    ...(scale
      ? { file: IN_OTHER_TIME, args: [JSON.stringify(scale), file] }
      : { file: MAIN, args: ['serve', '--config', file] }),
    env: { BENCH_TOKEN: TOKEN },
    nodeArgs: profile,
    url: STARTED,
  })
  const metricsUrl = STARTED.exec(program.log())?.[2]

  return {
    ...program,
    async metrics() {
      const text = await (await fetch(`${metricsUrl}/metrics`)).text()
      const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
      return new Map(samples.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]))
    },
  }
}

function mapValues<T, U>(record: Record<string, T>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]))
}
