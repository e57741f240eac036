import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { StartedPostgreSqlContainer } from '@testcontainers/postgresql'
import type { LedgerOptions } from '../../src/ledger/open.ts'
import { IMAGES } from '../containers/images.ts'
import { GENEROUS_BUDGET } from '../support/generous-budget.ts'
import { describePostgres } from '../support/postgres-container.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { JOBS } from './catalogue.ts'
import type { ChaosOptions } from './options.ts'
import type { ChaosScope, Scope } from './processes.ts'
import { type Replica, startReplica } from './replica.ts'
import { type ChaosWorkspace, startWorkspace } from './workspace.ts'

export const KEY = 'key-of-the-chaos-suite'
const INSTANCE = 'chaos'
const DATABASE = 'chaos'
const PASSWORD = 'password-of-the-chaos-suite'

/** This machine lacks what the suite needs. */
export class UnavailableError extends Error {}

/** Everything that runs, and the lines between it. */
export interface Landscape {
  workspace: ChaosWorkspace
  /** Between all gateways and the workspace. */
  workspaceLine: TcpProxy
  replicas: Replica[]
  /** Between each gateway and PostgreSQL; none on SQLite. */
  ledgerLines: TcpProxy[]
  /** Without a good-bye: it recovers from its log. */
  restartPostgres(): Promise<void>
  /** How the ledger is opened directly. */
  ledger(): LedgerOptions
}

export async function startLandscape(
  scope: ChaosScope,
  folder: string,
  { ledger, gateways }: ChaosOptions,
): Promise<Landscape> {
  const workspace = await startWorkspace(scope, folder)
  const { hostname, port } = new URL(workspace.url)
  const workspaceLine = await startLine(scope, () => ({ host: hostname, port: Number(port) }))
  const postgres = ledger === 'postgres' ? await startPostgres(scope) : undefined
  const addressOf = (server: StartedPostgreSqlContainer) => ({ host: server.getHost(), port: server.getPort() })
  const ledgerLines: TcpProxy[] = []
  const replicas: Replica[] = []
  for (let index = 0; index < gateways; index++) {
    const line = postgres && (await startLine(scope, () => addressOf(postgres)))
    if (line) ledgerLines.push(line)
    const ownPort = await findPort()
    const config = {
      server: {
        instance: INSTANCE,
        host: '127.0.0.1',
        port: ownPort,
        metrics_port: null,
        drain_seconds: 0,
        trigger_timeout_seconds: 4,
      },
      ledger: line
        ? { url: `postgres://test@127.0.0.1:${line.port}/${DATABASE}`, password: { env: 'LEDGER_PASSWORD' } }
        : { url: `sqlite:${join(folder, 'runs.db')}` },
      workspaces: {
        main: {
          host: `http://127.0.0.1:${workspaceLine.port}`,
          auth: { type: 'oauth-m2m', client_id: 'simulated-client', client_secret: { env: 'CLIENT_SECRET' } },
          budget: GENEROUS_BUDGET,
        },
      },
      watch: { min_interval_seconds: 0.2, max_interval_seconds: 2 },
      jobs: Object.fromEntries(Object.entries(JOBS).map(([name, { job_id }]) => [name, { job_id }])),
      clients: {
        chaos: {
          keys: [`sha256:${createHash('sha256').update(KEY).digest('hex')}`],
          jobs: ['*'],
          permissions: ['trigger', 'read', 'output', 'cancel', 'repair', 'metrics', 'admin'],
        },
      },
    }
    const configFile = join(folder, `gateway-${index}.yaml`)
    writeFileSync(configFile, JSON.stringify(config))
    const env = { CLIENT_SECRET: 'simulated-secret', LEDGER_PASSWORD: PASSWORD }
    replicas.push(await startReplica(scope, { url: `http://127.0.0.1:${ownPort}`, configFile, env }))
  }

  return {
    workspace,
    workspaceLine,
    replicas,
    ledgerLines,
    async restartPostgres() {
      await postgres?.restart({ timeout: 0 })
    },
    ledger() {
      if (!postgres) return { url: `sqlite:${join(folder, 'runs.db')}`, instance: INSTANCE }
      const { host, port } = addressOf(postgres)
      return { url: `postgres://test@${host}:${port}/${DATABASE}`, password: () => PASSWORD, instance: INSTANCE }
    },
  }
}

/**
 * It is killed, its machine is not: what it has written is there. Of a connection that was lost it never hears, so it has
 * room for many.
 * @throws UnavailableError
 */
async function startPostgres(scope: Scope): Promise<StartedPostgreSqlContainer> {
  const container = describePostgres(DATABASE, ['fsync=off', 'max_connections=500']).withPassword(PASSWORD)
  const postgres = await container.start().catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error)
    throw new UnavailableError(`test:chaos cannot run: PostgreSQL (${IMAGES.postgres}) does not start: ${why}`)
  })
  scope.teardown(() => postgres.stop())
  return postgres
}

async function startLine(scope: Scope, target: Parameters<typeof startTcpProxy>[0]): Promise<TcpProxy> {
  const line = await startTcpProxy(target)
  scope.teardown(() => line[Symbol.asyncDispose]())
  return line
}

let lastPort = 20_000 + (process.pid % 10_000)

/** A gateway has its port again after each start, so it must not be one that outgoing connections are given. */
async function findPort(): Promise<number> {
  for (;;) {
    const server = createServer().listen(++lastPort, '127.0.0.1')
    const free = await once(server, 'listening').then(
      () => true,
      () => false,
    )
    server.close()
    if (free) return lastPort
  }
}
