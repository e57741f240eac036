import { hostname } from 'node:os'
import { ulid } from 'ulid'
import manifest from '../package.json' with { type: 'json' }
import { createAuthenticate } from './callers/keys.ts'
import { type Clock, systemClock } from './clock.ts'
import type { Config } from './config/schema.ts'
import { createMetricsServer } from './http/metrics-server.ts'
import { createServer } from './http/server.ts'
import { openLedger } from './ledger/open.ts'
import { logMoved } from './log/moved.ts'
import { createSecrets } from './log/secrets.ts'
import { createLogger } from './log.ts'
import { createMetrics } from './metrics.ts'
import { createAskToCancel, createCancel } from './runs/cancel.ts'
import { createCatalogue } from './runs/catalogue.ts'
import { createDryRun } from './runs/dry-run.ts'
import { createObserve } from './runs/observe.ts'
import { createReadOutput } from './runs/output.ts'
import { createPrepare } from './runs/prepare.ts'
import { createRead } from './runs/read.ts'
import { createRepair } from './runs/repair.ts'
import { createRevisit } from './runs/revisit.ts'
import type { Run } from './runs/run.ts'
import { createSettle } from './runs/settle.ts'
import { createSubmit, type Submit } from './runs/submit.ts'
import { createSubmitRepair } from './runs/submit-repair.ts'
import { createTellings } from './runs/tell.ts'
import { createTransitions, type Moved } from './runs/transition.ts'
import { createTrigger } from './runs/trigger.ts'
import { createWaits } from './runs/wait.ts'
import { nextLook } from './runs/watch/cadence.ts'
import { createLease } from './runs/watch/lease.ts'
import { createLook } from './runs/watch/look.ts'
import { createUsualDurations } from './runs/watch/usual.ts'
import { createWatcher } from './runs/watch/watcher.ts'
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

/**
 * Wires and starts the gateway, in the order in which things depend on each other; `stop` goes back the same way.
 * @throws LedgerOpenError, or the error of a port that cannot be had; then nothing is left running
 */
export async function startApp({ config, env, clock = systemClock }: AppOptions): Promise<App> {
  const secrets = createSecrets()
  const log = createLogger({ level: readLevel(env), secrets })
  const onError = (error: unknown, run?: Run) => log.error({ err: error, ...(run ? { run: run.id } : {}) })
  const metrics = createMetrics({ config, version: manifest.version, clock })
  const ledger = await openLedger({ ...config.ledger, instance: config.server.instance })
  const store = metrics.timeStore(ledger)
  const workspaces = createWorkspaces({
    workspaces: config.workspaces,
    env,
    clock,
    version: manifest.version,
    observerOf: metrics.databricksObserver,
    onSecret: secrets.add,
  })
  const { clientFor } = workspaces

  const logRun = logMoved(log, (job) => config.jobs[job]?.owner)
  const tell = (moved: Moved) => {
    metrics.moved(moved)
    logRun(moved)
    if (moved.run.attempt.result === 'OK') usual.forget(moved.run.job)
    waits.wake(moved.run)
    watchers.get(moved.run.attempt.workspace)?.wake()
  }

  const minMs = config.watch.min_interval_seconds * 1000
  const maxMs = config.watch.max_interval_seconds * 1000
  const usual = createUsualDurations(store)
  const waits = createWaits(clock, ({ id, attempt }) => {
    const soon = clock.now() + minMs
    if (attempt.databricks_run_id === null || attempt.due_at === null || attempt.due_at <= soon) return
    store.bringForward(id, attempt.number, soon).then(() => watchers.get(attempt.workspace)?.wake(), onError)
  })
  const transitions = createTransitions({ store, tell })
  const tellings = createTellings({ store, now: clock.now, onError })
  const settle = createSettle({ store, transitions, clientFor, clock })
  const observe = createObserve({
    store,
    transitions,
    clientFor,
    clock,
    partialOf: (job) => config.jobs[job]?.partial_success ?? 'ok',
    countUnknown: metrics.unknownState,
    async nextLookAt(run, startedAt) {
      const now = clock.now()
      const elapsedMs = startedAt === null ? undefined : now - startedAt
      return (
        now +
        nextLook({
          elapsedMs,
          usual: await usual.of(run.job),
          waited: waits.has(run.id) || run.attempt.cancel !== null,
          minMs,
          maxMs,
        })
      )
    },
  })
  const submitting = { store, transitions, clientFor, clock, random: Math.random }
  const submitRun = createSubmit({ ...submitting, settle })
  const submitRepair = createSubmitRepair({ ...submitting, observe })
  const submit: Submit = (run, ...rest) => (run.attempt.kind === 'repair' ? submitRepair : submitRun)(run, ...rest)
  const askToCancel = createAskToCancel({ transitions, clientFor, clock })
  const look = createLook({ transitions, observe, askToCancel, clientFor, clock, maxIntervalMs: maxMs })
  const catalogue = createCatalogue({ jobs: config.jobs, clientOf: workspaces.clientOf, clock })
  const triggerTimeoutMs = config.server.trigger_timeout_seconds * 1000
  const revisit = createRevisit({ clientFor, observe, clock })
  const { instance } = config.server
  const repair = createRepair({ store, transitions, submit, revisit, clock, instance, triggerTimeoutMs })
  const workspaceHost = (workspace: string) => workspaces.clientOf(workspace).host
  const prepare = createPrepare({ catalogue, workspaceHost, triggerTimeoutMs })
  const trigger = createTrigger({
    prepare,
    store,
    transitions,
    submit,
    revisit,
    repair,
    tellings,
    waits,
    clock,
    instance,
  })

  const holder = `${hostname()}:${process.pid}:${ulid()}`
  const watchers = new Map(
    workspaces.names().map((workspace) => {
      const lease = createLease({ store, clock, name: `watch:${workspace}`, holder, onError })
      const submitOnce = (run: Run) => submit(run, clock.now() + triggerTimeoutMs)
      const watcher = createWatcher({ workspace, store, lease, clock, submit: submitOnce, look, onError })
      return [workspace, Object.assign(watcher, { leads: lease.held })] as const
    }),
  )
  metrics.readFrom({
    store,
    usual,
    waiters: waits.count,
    leads: (workspace) => watchers.get(workspace)?.leads() ?? false,
    accessTokenExpiresAt: (workspace) => workspaces.clientOf(workspace).accessTokenExpiresAt(),
    onError,
  })

  const state = { ready: false, draining: false }
  const server = await createServer({
    config,
    trigger,
    dryRun: createDryRun({ prepare, store, clientOf: workspaces.clientOf, clock, instance }),
    cancel: createCancel({ store, transitions, clientFor, waits, clock }),
    repair,
    readOutput: createReadOutput({ store, clientFor, clock, onError }),
    read: createRead({ store, catalogue }),
    store,
    waits,
    tellings,
    catalogue,
    usual,
    authenticate: createAuthenticate(config.clients),
    metrics,
    health: () => state,
    clock,
    log,
  })
  const metricsServer = config.server.metrics_port === null ? null : createMetricsServer(metrics)
  const url = await server.listen({ host: config.server.host, port: config.server.port })
  const metricsUrl =
    (await metricsServer?.listen({ host: config.server.host, port: config.server.metrics_port ?? 0 })) ?? null
  for (const watcher of watchers.values()) watcher.start()
  state.ready = true
  log.info({ event: 'gateway.started', url, metrics_url: metricsUrl, version: manifest.version })

  return {
    url,
    metricsUrl,
    async stop() {
      state.draining = true
      log.info({ event: 'gateway.draining', seconds: config.server.drain_seconds })
      await clock.sleep(config.server.drain_seconds * 1000)
      waits.endAll()
      await server.close()
      await Promise.all([...watchers.values()].map((watcher) => watcher.stop()))
      await metricsServer?.close()
      await workspaces.close()
      await store.close()
      log.info({ event: 'gateway.stopped' })
    },
  }
}

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

function readLevel(env: NodeJS.ProcessEnv): (typeof LEVELS)[number] {
  return LEVELS.find((level) => level === env['LOG_LEVEL']) ?? 'info'
}
