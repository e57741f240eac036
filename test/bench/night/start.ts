import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../../src/clock.ts'
import { createScaledClock, type TimeScale } from '../../support/scaled-clock.ts'
import type { Bench } from '../bench.ts'
import { controlWorkspace, type WorkspaceControls } from '../controls.ts'
import { type Gateway, startGateway } from '../gateway.ts'
import { type Program, startProgram } from '../program.ts'
import type { WorkspacesOrder } from '../programs/workspaces.ts'
import { defineJob, type PlannedJob } from './plan.ts'
import { seedHistory } from './seed-history.ts'

export interface NightOrder {
  /** So many times as fast as the system's time. */
  speed: number
  /** By workspace. */
  jobs: Record<string, PlannedJob[]>
  /** Whether the ledger holds the jobs' former runs. */
  withHistory: boolean
}

/** A gateway and its simulated workspaces, in a time of their own; disposing of it ends them. */
export interface Night extends AsyncDisposable {
  jobs: Record<string, PlannedJob[]>
  scale: TimeScale
  clock: Clock
  gateway: Gateway
  workspaces: Workspaces
}

export interface Workspaces extends Program {
  urls: Record<string, string>
  /** By name. Throws for another one. */
  controlsOf(name: string): WorkspaceControls
}

const WORKSPACES = new URL('../programs/workspaces.ts', import.meta.url)

/** Of the real thing, in its own time: how long an answer takes, and how many it gives. */
const OPTIONS = { latency_ms: 150, rate_limits: 'reference', max_calls: 1_000_000 } as const

let nights = 0

export async function startNight(bench: Bench, { speed, jobs, withHistory }: NightOrder): Promise<Night> {
  const scale = { origin: Date.now(), speed }
  const ledger = join(bench.folder, `night-${nights++}.db`)
  if (withHistory) await seedHistory(ledger, Object.values(jobs).flat(), scale.origin)
  await using started = new AsyncDisposableStack()
  const workspaces = started.use(await startWorkspaces(bench, scale, jobs))
  const gateway = await startGateway(bench, {
    workspaceUrl: workspaces.urls,
    jobs: Object.fromEntries(
      Object.entries(jobs).flatMap(([workspace, own]) =>
        own.map(({ name, jobId }) => [name, { workspace, job_id: jobId }]),
      ),
    ),
    ledger,
    // The documented defaults.
    budget: {},
    scale,
  })
  started.use(gateway)
  const running = started.move()
  return {
    jobs,
    scale,
    clock: createScaledClock(scale),
    gateway,
    workspaces,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** The workspaces of a night alone. */
export async function startWorkspaces(
  bench: Bench,
  scale: TimeScale,
  jobs: Record<string, PlannedJob[]>,
): Promise<Workspaces> {
  const defined = Object.fromEntries(Object.entries(jobs).map(([name, own]) => [name, own.map(defineJob)]))
  const order: WorkspacesOrder = { jobs: defined, options: OPTIONS }
  const file = join(bench.folder, 'workspaces.json')
  writeFileSync(file, JSON.stringify(order))
  const program = await startProgram(bench, {
    file: WORKSPACES,
    args: [JSON.stringify(scale), file],
    url: /^(\{.+\})$/m,
  })
  const urls: Record<string, string> = JSON.parse(program.url)
  const controls = new Map(Object.entries(urls).map(([name, url]) => [name, controlWorkspace(url)]))
  return {
    ...program,
    urls,
    controlsOf(name) {
      const found = controls.get(name)
      if (!found) throw new Error(`there is no workspace ${name}`)
      return found
    },
  }
}
