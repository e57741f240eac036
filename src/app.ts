import { hostname } from 'node:os'
import { ulid } from 'ulid'
import manifest from '../package.json' with { type: 'json' }
import { createAuthenticate } from './callers/keys.ts'
import { type Clock, systemClock } from './clock.ts'
import type { Config } from './config/schema.ts'
import { type Core, createCore } from './core.ts'
import { findDegradation } from './health.ts'
import { closeServer } from './http/close-server.ts'
import { createMetricsServer } from './http/metrics-server.ts'
import { createServer } from './http/server.ts'
import { openLedger } from './ledger/open.ts'
import { readLedgerOptions } from './ledger-options.ts'
import { logMoved } from './log/moved.ts'
import { createSecrets } from './log/secrets.ts'
import { createLogger } from './log.ts'
import { createMetrics } from './metrics.ts'
import { keepPurging } from './runs/purge.ts'
import type { Line } from './runs/replicas.ts'
import type { Run } from './runs/run.ts'
import type { RunStore } from './runs/store.ts'
import { createLease, type Lease } from './runs/watch/lease.ts'
import { joinReplicas } from './runs/watch/membership.ts'
import { shareOf } from './runs/watch/share.ts'
import { createWatcher, type Watcher } from './runs/watch/watcher.ts'
import { createWorkspaces } from './workspaces.ts'

export interface AppOptions {
  config: Config
  env: NodeJS.ProcessEnv
  clock?: Clock
}

/** The running program. */
export interface App {
  url: string
  /** null when metrics have no port of their own. */
  metricsUrl: string | null
  /** Drains, ends the waits, finishes what is under way and closes everything. */
  stop(): Promise<void>
}

/** Schedulers call at the full hour, all at once; Linux itself caps this by net.core.somaxconn. */
const BACKLOG = 4_096
const DAY_MS = 86_400_000

/**
 * Starts the gateway: what is opened first is closed last.
 * @throws LedgerOpenError, or the error of a port that cannot be had; then nothing is left running
 */
export async function startApp({ config, env, clock = systemClock }: AppOptions): Promise<App> {
  const { server: settings } = config
  const secrets = createSecrets()
  const log = createLogger({ level: readLevel(env), secrets })
  const onError = (error: unknown, run?: Run) => log.error({ err: error, ...(run ? { run: run.id } : {}) })
  const metrics = createMetrics({ config, version: manifest.version, clock })
  const closing: (() => unknown)[] = []
  // No answer takes longer once the waits are ended: design §3.3.
  const patience = { clock, patienceMs: settings.trigger_timeout_seconds * 1000 + 1000 }

  async function close(): Promise<void> {
    for (const step of closing.toReversed()) await step()
  }

  async function open(): Promise<Omit<App, 'stop'>> {
    const ledger = readLedgerOptions(config, { env, onSecret: secrets.add })
    const store = await openLedger({ ...ledger, observe: metrics.timeStore })
    closing.push(store.close)

    const holder = `${hostname()}:${process.pid}:${ulid()}`
    const { replicas } = store
    const members = replicas && (await joinReplicas({ replicas, clock, holder, onError }))
    closing.push(() => members?.leave())
    const names = [...Object.keys(config.workspaces), ...(await namesInUse(store))]
    const leases = new Map(
      names.map((name) => [name, createLease({ store, clock, name: `watch:${name}`, holder, onError })]),
    )
    const leads = (workspace: string) => leases.get(workspace)?.held() ?? false

    const workspaces = createWorkspaces({
      workspaces: config.workspaces,
      env,
      clock,
      version: manifest.version,
      observerOf: metrics.databricksObserver,
      shareOf: (workspace, endpoint) =>
        shareOf(endpoint, { replicas: members?.replicas() ?? 1, leads: leads(workspace) }),
      onSecret: secrets.add,
    })
    closing.push(workspaces.close)

    const logRun = logMoved(log, (job) => config.jobs[job]?.owner)
    let line: Line | undefined
    const core = createCore({
      config,
      store,
      workspaces,
      clock,
      onMoved(moved) {
        metrics.moved(moved)
        logRun(moved)
      },
      onDue: (workspace, at) => watches.get(workspace)?.wake(at),
      onNews: (news) => line?.tell(news),
      onUnknownState: metrics.unknownState,
      onError,
    })
    const watches = createWatches(leases, { core, clock, onError })
    const { hear, waits } = core
    line = await replicas?.connect({ clock, hear, waited: waits.waited, onError })
    closing.push(() => line?.close())
    metrics.readFrom({
      store,
      waiters: waits.count,
      leads,
      accessTokenExpiresAt: (workspace) => workspaces.clientOf(workspace).accessTokenExpiresAt(),
      budgetRemaining: (workspace) => workspaces.clientOf(workspace).remaining(),
      onError,
    })

    const authenticate = createAuthenticate(config.clients)
    const server = await createServer({
      ...core,
      config,
      store,
      authenticate,
      metrics,
      health: () => ({
        ...health,
        degraded: findDegradation({
          workspaces,
          ledgerFailingSince: metrics.ledgerFailingSince(),
          now: clock.now(),
        }),
      }),
      clock,
      log,
    })
    const metricsServer = settings.metrics_port === null ? undefined : createMetricsServer(metrics)
    closing.push(() => metricsServer && closeServer(metricsServer, patience))
    const metricsUrl = (await metricsServer?.listen({ host: settings.host, port: settings.metrics_port ?? 0 })) ?? null

    for (const watch of watches.values()) watch.start()
    closing.push(() => Promise.all([...watches.values()].map((watch) => watch.stop())))
    const stopping = new AbortController()
    const retentionMs = config.ledger.retention_days * DAY_MS
    const purging = keepPurging({ store, clock, retentionMs, onError }, stopping.signal)
    closing.push(() => {
      stopping.abort()
      return purging
    })

    closing.push(() => closeServer(server, patience))
    const url = await server.listen({ host: settings.host, port: settings.port, backlog: BACKLOG })
    closing.push(waits.endAll)
    return { url, metricsUrl }
  }

  const health = { ready: false, draining: false }
  try {
    const { url, metricsUrl } = await open()
    health.ready = true
    log.info({ event: 'gateway.started', url, metrics_url: metricsUrl, version: manifest.version })
    // Whoever waits for this line is told at once.
    log.flush()
    return {
      url,
      metricsUrl,
      async stop() {
        health.draining = true
        log.info({ event: 'gateway.draining', seconds: settings.drain_seconds })
        await clock.sleep(settings.drain_seconds * 1000)
        await close()
        log.info({ event: 'gateway.stopped' })
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** A workspace that has left the configuration, or has another name there, still has its unfinished runs. */
async function namesInUse(store: RunStore): Promise<string[]> {
  return (await store.activeCounts()).map(({ workspace }) => workspace)
}

function createWatches(
  leases: Map<string, Lease>,
  { core, clock, onError }: { core: Core; clock: Clock; onError: (error: unknown, run?: Run) => void },
): Map<string, Watcher> {
  return new Map(
    [...leases].map(([workspace, lease]) => {
      const lanes = core.createLanes(workspace, (at) => watcher.wake(at))
      const watcher = createWatcher({ lanes, lease, clock, onError })
      return [workspace, watcher]
    }),
  )
}

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

function readLevel(env: NodeJS.ProcessEnv): (typeof LEVELS)[number] {
  return LEVELS.find((level) => level === env['LOG_LEVEL']) ?? 'info'
}
