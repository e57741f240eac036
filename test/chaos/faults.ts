import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from '../../src/simulator/faults.ts'
import type { TcpProxy } from '../support/tcp-proxy.ts'
import { KEY, type Landscape } from './landscape.ts'
import type { FaultKind, ScheduledFault } from './schedule.ts'

/** How often each kind of fault happened; those of the workspace count for each request that met them. */
export type Injected = Partial<Record<FaultKind, number>>

const JOBS_API = '/api/2.2/jobs/*'

/** What the workspace does to the requests that are drawn while the fault lasts. */
const WEATHER: Partial<Record<FaultKind, Omit<Fault, 'path'>>> = {
  'lost replies': { when: 'after', drop: true, probability: 0.3 },
  'half replies': { when: 'after', half: true, probability: 0.3 },
  'late replies': { when: 'after', delay_ms: 3_500, probability: 0.2 },
  throttled: {
    status: 429,
    headers: { 'retry-after': '1' },
    body: { error_code: 'REQUEST_LIMIT_EXCEEDED', message: 'slow down' },
    probability: 0.5,
  },
  unavailable: {
    status: 503,
    body: { error_code: 'TEMPORARILY_UNAVAILABLE', message: 'later' },
    probability: 0.5,
  },
}

const SLOW_MS = 700

/** Carries the schedule out; resolves when the last fault is over and all is as it was. */
export async function injectFaults(landscape: Landscape, schedule: ScheduledFault[]): Promise<Injected> {
  const injected: Injected = {}
  const began = performance.now()

  async function carryOut(lane: ScheduledFault[]): Promise<void> {
    for (const fault of lane) {
      await sleep(Math.max(0, fault.at - (performance.now() - began)))
      const times = await inject(landscape, fault)
      injected[fault.kind] = (injected[fault.kind] ?? 0) + times
    }
  }

  const lanes = Map.groupBy(schedule, ({ lane }) => lane)
  await Promise.all([...lanes.values()].map(carryOut))
  return injected
}

/** Resolves with how often it was met, once it is over. */
async function inject(landscape: Landscape, { kind, gateway, ms, seed }: ScheduledFault): Promise<number> {
  const { replicas, ledgerLines, workspaceLine, workspace } = landscape
  const weather = WEATHER[kind]
  if (weather) {
    const takeBack = await workspace.addFault({ ...weather, path: JOBS_API, times: null, seed })
    await sleep(ms)
    return takeBack()
  }
  const index = gateway ?? 0
  if (kind === 'kill') await replicas[index]?.kill()
  else if (kind === 'stop') await replicas[index]?.pause(ms)
  else if (kind === 'restart postgres') await landscape.restartPostgres()
  else if (kind === 'paused') return pauseStarts(landscape, ms)
  else await worsen(kind.startsWith('ledger') ? ledgerLines[index] : workspaceLine, kind, ms)
  return 1
}

/** By the first gateway that takes it; it ends by itself, whatever has become of that one. */
async function pauseStarts({ replicas }: Landscape, ms: number): Promise<number> {
  const over = sleep(ms)
  const request = {
    method: 'POST',
    headers: { 'x-api-key': KEY },
    body: JSON.stringify({ until: new Date(Date.now() + ms) }),
    signal: AbortSignal.timeout(ms),
  }
  for (const { url } of replicas) {
    const answer = await fetch(`${url}/admin/pause`, request).catch(() => undefined)
    if (!answer?.ok) continue
    await over
    return 1
  }
  await over
  return 0
}

async function worsen(line: TcpProxy | undefined, kind: FaultKind, ms: number): Promise<void> {
  if (kind.endsWith('cut')) line?.cut()
  else if (kind.endsWith('lost')) line?.lose()
  else if (kind.endsWith('slow')) {
    line?.delay(SLOW_MS)
    await sleep(ms)
    line?.delay(0)
  } else {
    line?.stall()
    await sleep(ms)
    line?.resume()
  }
}
