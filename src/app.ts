import manifest from '../package.json' with { type: 'json' }
import { wireAuthentication } from './authentication.ts'
import { type Clock, systemClock } from './clock.ts'
import { readCertificate } from './config/certificate.ts'
import type { ConfigSource } from './config/read.ts'
import type { Config } from './config/schema.ts'
import { type Core, createCore } from './core.ts'
import { type Duty, takeUpDuty } from './duty.ts'
import { findDegradation } from './health.ts'
import { closeServer } from './http/close-server.ts'
import { createLoadMeter } from './http/limits/load-meter.ts'
import { createListener, type Listener } from './http/listener.ts'
import { createMetricsServer } from './http/metrics-server.ts'
import { createServer } from './http/server.ts'
import { createLateLedger, type LateLedger } from './ledger/late.ts'
import { openLedger } from './ledger/open.ts'
import { reachLedger } from './ledger/reach.ts'
import { readLedgerOptions } from './ledger-options.ts'
import { logMoved } from './log/moved.ts'
import { createSecrets } from './log/secrets.ts'
import { createLogger, readLevel } from './log.ts'
import { createMetrics } from './metrics.ts'
import { keepReloading } from './reload.ts'
import type { Run } from './runs/run.ts'
import type { RunStore } from './runs/store.ts'
import { shareOf } from './runs/watch/share.ts'
import { startTracing } from './tracing.ts'
import { createWorkspaces, type Workspaces } from './workspaces.ts'

export interface AppOptions {
  config: Config
  /** Where the configuration was read, to be read again when it changes; left out: it never does. */
  source?: ConfigSource
  env: NodeJS.ProcessEnv
  clock?: Clock
  /** Aborts when a start that still waits for its ledger is to be given up. */
  signal?: AbortSignal
}

/** The running program. */
export interface App {
  url: string
  /** null when metrics have no port of their own. */
  metricsUrl: string | null
  /** Reads the configuration again; what is wrong with it stands in the log, and the former one stays. */
  reload(): Promise<void>
  /** Drains, ends the waits, finishes what is under way and closes everything. */
  stop(): Promise<void>
}

/** What answers, and what of it takes another configuration. */
interface Listening {
  url: string
  metricsUrl: string | null
  core: Core
  workspaces: Workspaces
  listener: Listener
}

/** Schedulers call at the full hour, all at once; Linux itself caps this by net.core.somaxconn. */
const BACKLOG = 4_096

/**
 * Starts the gateway, and resolves when it is ready: it listens at once, and waits for a ledger whose server cannot be
 * reached. What is opened first is closed last.
 * @throws LedgerOpenError, or the error of a port that cannot be had; then nothing is left running
 */
export async function startApp({ config, source, env, clock = systemClock, signal }: AppOptions): Promise<App> {
  // What cannot change under a running program: config/rules/restart.ts.
  const { server: settings } = config
  const secrets = createSecrets()
  const log = createLogger({ level: readLevel(env), secrets })
  const onError = (error: unknown, run?: Run) => log.error({ err: error, ...(run ? { run: run.id } : {}) })
  let inForce = config
  const current = () => inForce
  const metrics = createMetrics({ current, version: manifest.version, instance: settings.instance, clock })
  const closing: (() => unknown)[] = []
  // No answer takes longer once the waits are ended: design §3.3.
  const patience = () => ({ clock, patienceMs: current().server.trigger_timeout_seconds * 1000 + 1000 })

  /** Written at once: somebody waits for it. */
  function announce(fields: { event: string; [field: string]: unknown }): void {
    log.info(fields)
    log.flush()
  }

  async function close(): Promise<void> {
    for (const step of closing.toReversed()) await step()
  }

  /** Everything that answers; what needs the ledger fails until `ledger` has arrived. */
  async function listen(ledger: LateLedger): Promise<Listening> {
    const { store } = ledger
    closing.push(store.close, () => duty?.leave())
    const leads = (workspace: string) => duty?.leads(workspace) ?? false
    const workspaces = createWorkspaces({
      workspaces: config.workspaces,
      env,
      clock,
      version: manifest.version,
      observerOf: metrics.databricksObserver,
      shareOf: (workspace, endpoint) => shareOf(endpoint, { replicas: duty?.replicas() ?? 1, leads: leads(workspace) }),
      onSecret: secrets.add,
      wrapSend: tracing?.traceSend,
    })
    closing.push(workspaces.close)

    const logRun = logMoved(log, (job) => current().jobs[job]?.owner)
    const core = createCore({
      instance: settings.instance,
      current,
      store,
      workspaces,
      clock,
      onMoved(moved) {
        metrics.moved(moved)
        logRun(moved)
      },
      onDue: (workspace, at) => duty?.wake(workspace, at),
      onNews: (news) => duty?.notify(news),
      onPauses: async () => duty?.notifyPauses(),
      onUnknownState: metrics.unknownState,
      onError,
    })
    metrics.readFrom({
      store,
      pauses: core.pauses,
      waiters: core.waits.count,
      leads,
      accessTokenExpiresAt: (workspace) => workspaces.clientOf(workspace).accessTokenExpiresAt(),
      budgetRemaining: (workspace) => workspaces.clientOf(workspace).remaining(),
      onError,
    })

    const certificate = settings.tls && readCertificate(settings.tls)
    if (certificate) metrics.certificateEnds(certificate.expiresAt)
    const listener = createListener(certificate)
    const server = await createServer({
      ...core,
      current,
      store,
      metrics,
      health: () => ({
        ...health,
        degraded: findDegradation({
          workspaces,
          ledgerFailingSince: metrics.ledgerFailingSince(),
          now: clock.now(),
        }),
      }),
      isDraining: () => health.draining,
      ...wireAuthentication({ env, onSecret: secrets.add, clock, log }),
      meter: createLoadMeter(),
      listener,
      clock,
      log,
      traceRequest: tracing?.traceRequest,
    })
    const metricsServer = settings.metrics_port === null ? undefined : createMetricsServer(metrics)
    closing.push(() => metricsServer && closeServer(metricsServer, patience()))
    const metricsUrl = (await metricsServer?.listen({ host: settings.host, port: settings.metrics_port ?? 0 })) ?? null

    closing.push(() => duty?.end())
    closing.push(() => closeServer(server, patience()))
    // Fastify takes every server that it has not made itself for one of http.
    const withScheme = (address: string) => (settings.tls ? address.replace(/^http:/, 'https:') : address)
    const listenTextResolver = (address: string) => `Server listening at ${withScheme(address)}`
    const { host, port } = settings
    const url = withScheme(await server.listen({ host, port, backlog: BACKLOG, listenTextResolver }))
    closing.push(core.waits.endAll)
    return { url, metricsUrl, core, workspaces, listener }
  }

  /** Puts another configuration into force, for whatever begins from now on. Throws before anything has changed. */
  function use(next: Config, { workspaces, listener }: Listening): void {
    const { tls } = next.server
    const certificate = tls && readCertificate(tls)
    workspaces.replace(next.workspaces)
    if (certificate) {
      listener.renew(certificate)
      metrics.certificateEnds(certificate.expiresAt)
    }
    for (const name of Object.keys(inForce.workspaces)) if (!next.workspaces[name]) metrics.forgetWorkspace(name)
    inForce = next
    duty?.watch(Object.keys(next.workspaces))
  }

  /** Has the ledger, and takes its part in what is done there. */
  async function open(ledger: LateLedger, core: Core): Promise<Duty> {
    const options = readLedgerOptions(config, { env, onSecret: secrets.add })
    const observe = (store: RunStore) => tracing?.traceStore(metrics.timeStore(store)) ?? metrics.timeStore(store)
    const store = await openLedger({ ...options, observe })
    try {
      const taken = await takeUpDuty({ config, store, core, clock, onError })
      ledger.arrive(store)
      return taken
    } catch (error) {
      await store.close()
      throw error
    }
  }

  const tracing = await startTracing({
    env,
    version: manifest.version,
    jobs: () => current().jobs,
    onTrouble: (message) => log.warn({ event: 'traces.undelivered', message }),
  })
  closing.push(() => tracing?.stop())
  const health = { ready: false, draining: false }
  let duty: Duty | undefined
  try {
    const ledger = createLateLedger()
    const listening = await listen(ledger)
    const { url, metricsUrl, core } = listening
    duty = await reachLedger(() => open(ledger, core), {
      clock,
      signal,
      onError: (err) => log.warn({ event: 'ledger.awaited', url, metrics_url: metricsUrl, err }),
    })
    duty.begin()
    health.ready = true
    const record = ledger.store.recordEvent
    const reloads =
      source &&
      keepReloading({ source, current, use: (next) => use(next, listening), facts: metrics, record, clock, log })
    closing.push(() => reloads?.stop())
    announce({ event: 'gateway.started', url, metrics_url: metricsUrl, version: manifest.version })
    return {
      url,
      metricsUrl,
      async reload() {
        await reloads?.now()
      },
      async stop() {
        health.draining = true
        const { drain_seconds: seconds } = current().server
        announce({ event: 'gateway.draining', seconds })
        await clock.sleep(seconds * 1000)
        await close()
        log.info({ event: 'gateway.stopped' })
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}
