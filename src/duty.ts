import { hostname } from 'node:os'
import { ulid } from 'ulid'
import type { Clock } from './clock.ts'
import type { Config } from './config/schema.ts'
import type { Core } from './core.ts'
import { keepPurging } from './runs/purge.ts'
import type { News } from './runs/replicas.ts'
import type { Run } from './runs/run.ts'
import type { RunStore } from './runs/store.ts'
import { createLease, type Lease } from './runs/watch/lease.ts'
import { joinReplicas } from './runs/watch/membership.ts'
import { createWatcher, type Watcher } from './runs/watch/watcher.ts'

export interface DutyDeps {
  config: Pick<Config, 'ledger' | 'workspaces'>
  store: RunStore
  core: Core
  clock: Clock
  onError: (error: unknown, run?: Run) => void
}

/** What a process does beside answering, from the moment it has the ledger. */
export interface Duty {
  /** Whether this process watches the workspace. */
  leads(workspace: string): boolean
  /** Processes on the ledger, this one included. */
  replicas(): number
  /** A run of the workspace needs a step at this instant, epoch ms. */
  wake(workspace: string, at: number): void
  notify(news: News): void
  /** Tells the other processes that the pauses have changed; resolves when that has been sent. */
  notifyPauses(): Promise<void>
  /** Watches these workspaces from now on, beside those that it has watched. */
  watch(workspaces: string[]): void
  begin(): void
  /** Resolves when what is under way is over. */
  end(): Promise<void>
  /** Takes leave of the other processes. */
  leave(): Promise<void>
}

interface Watch {
  lease: Lease
  watcher: Watcher
}

const DAY_MS = 86_400_000

/** @throws LedgerError, LedgerOpenError */
export async function takeUpDuty({ config, store, core, clock, onError }: DutyDeps): Promise<Duty> {
  const holder = `${hostname()}:${process.pid}:${ulid()}`
  // Before anything is submitted.
  await core.pauses.refresh(store)
  const names = [...Object.keys(config.workspaces), ...(await namesInUse(store))]
  const { replicas } = store
  const members = replicas && (await joinReplicas({ replicas, clock, holder, onError }))
  const { hear, waits } = core
  const hearPauses = () => void core.pauses.refresh(store).catch(onError)
  const listener = { clock, hear, hearPauses, waited: waits.waited, onError }
  const channel = await replicas?.connect(listener).catch(async (error) => {
    await members?.leave()
    throw error
  })

  const watches = new Map<string, Watch>()
  let begun = false

  function watch(workspaces: string[]): void {
    for (const workspace of workspaces) {
      if (watches.has(workspace)) continue
      const lease = createLease({ store, clock, name: `watch:${workspace}`, holder, onError })
      const lanes = core.createLanes(workspace, (at) => watcher.wake(at))
      const watcher = createWatcher({ lanes, lease, clock, onError })
      watches.set(workspace, { lease, watcher })
      if (begun) watcher.start()
    }
  }

  watch(names)
  const ending = new AbortController()
  const { retention_days, audit_retention_days } = config.ledger
  const retentions = { retentionMs: retention_days * DAY_MS, auditRetentionMs: audit_retention_days * DAY_MS }
  let purging: Promise<void> | undefined

  return {
    leads: (workspace) => watches.get(workspace)?.lease.held() ?? false,
    replicas: () => members?.replicas() ?? 1,
    wake: (workspace, at) => watches.get(workspace)?.watcher.wake(at),
    notify: (news) => channel?.notify(news),
    async notifyPauses() {
      await channel?.notifyPauses()
    },
    watch,
    begin() {
      begun = true
      for (const { watcher } of watches.values()) watcher.start()
      purging = keepPurging({ store, clock, ...retentions, onError }, ending.signal)
    },
    async end() {
      ending.abort()
      await Promise.all([purging, ...[...watches.values()].map(({ watcher }) => watcher.stop())])
    },
    async leave() {
      await channel?.close()
      await members?.leave()
    },
  }
}

/** A workspace that has left the configuration, or has another name there, still has its unfinished runs. */
async function namesInUse(store: RunStore): Promise<string[]> {
  return (await store.activeCounts()).map(({ workspace }) => workspace)
}
