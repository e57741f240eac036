import { askProgram } from '../ask-program.ts'
import type { Bench, Figure, Row } from '../bench.ts'
import { type Busy, describeBusy, watchProcessors } from '../busy.ts'
import { countCalls, type EndpointCalls } from '../night/calls.ts'
import { judge, type Verdict } from '../night/judge.ts'
import { type PlannedJob, planNight } from '../night/plan.ts'
import {
  countAll,
  countAnswered,
  describeLag,
  describeRight,
  isRight,
  lagsOf,
  listCalls,
  listValues,
} from '../night/present.ts'
import { triggerAll, waitForEnd } from '../night/run.ts'
import { startNight, startWorkspaces } from '../night/start.ts'
import { quantile } from '../quantile.ts'
import type { Polled, PollerOrder } from '../rivals/poller.ts'

const KNOWN = { jobs: 20, runsPerJob: 100, seed: 1 }
/** Jobs that have never run before. */
const UNKNOWN = { jobs: 20, runsPerJob: 10, seed: 2 }
const SPEED = 12
const TARGET_RATIO = 12
const TARGET_LAG_S = 10
/** The defaults of the gateway's `watch`. */
const BOUNDS = { minMs: 2_000, maxMs: 30_000 }
const POLLER = new URL('../rivals/poller.ts', import.meta.url)
const POLLER_TIMEOUT_MS = 900_000

/** What it takes to know of every run how it ended. */
export const watch: Row = {
  name: 'watch',
  async measure(bench) {
    const known = planNight('known', KNOWN)
    const unknown = planNight('unknown', UNKNOWN).map((job) => ({ ...job, historyMs: [] }))
    const watched = await watchNight(bench, { known, unknown })
    const polled = await poll(bench, known)
    return [presentBesidePoller(watched, polled, bench.speed ?? SPEED), presentUnknown(watched)]
  },
}

interface Watched {
  known: Verdict
  unknown: Verdict
  busy: Busy
}

async function watchNight(bench: Bench, jobs: Record<'known' | 'unknown', PlannedJob[]>): Promise<Watched> {
  await using night = await startNight(bench, { speed: bench.speed ?? SPEED, jobs, withHistory: true })
  const readBusy = watchProcessors(night.gateway)
  await triggerAll(night)
  await waitForEnd(night)
  const busy = readBusy()
  return { busy, known: await judge(night, 'known'), unknown: await judge(night, 'unknown') }
}

interface PolledNight extends Polled {
  calls: Record<string, EndpointCalls>
  busy: Busy
}

async function poll(bench: Bench, jobs: PlannedJob[]): Promise<PolledNight> {
  const scale = { origin: Date.now(), speed: bench.speed ?? SPEED }
  await using workspaces = await startWorkspaces(bench, scale, { main: jobs })
  const readBusy = watchProcessors(workspaces)
  const order: PollerOrder = { origin: workspaces.urls['main'] ?? '', scale, jobs, ...BOUNDS }
  const polled = await askProgram<Polled>(POLLER, order, POLLER_TIMEOUT_MS)
  return { ...polled, busy: readBusy(), calls: countCalls(await workspaces.controlsOf('main').calls()) }
}

function presentBesidePoller({ known, busy }: Watched, polled: PolledNight, speed: number): Figure {
  const ratio = countAnswered(polled.calls) / countAll(known.calls)
  const lag = quantile(lagsOf(known), 0.95)
  return {
    what: `${known.planned} runs of ${KNOWN.jobs} jobs, all triggered at once`,
    measured: `1/${ratio.toFixed(1)} of the poller's calls (${listCalls(known.calls)}; poller: ${listCalls(polled.calls)}); ${describeLag(lagsOf(known))} (poller: ${describeLag(polled.lagS)}); ${describeRight(known)}`,
    target: `≤ 1/${TARGET_RATIO}, lag p95 ≤ ${TARGET_LAG_S} s, all right`,
    met: ratio >= TARGET_RATIO && lag <= TARGET_LAG_S && isRight(known),
    how: `time runs ${speed} times as fast (${describeBusy(busy)}); lengths log-normal, 2 to 60 min, seed ${KNOWN.seed}; 150 ms latency and the documented rate limits; calls counted by the workspace, of the poller only those answered`,
    values: {
      ratio,
      busy: busy.machine,
      gateway_cpu: busy.program,
      ...listValues(known),
      poller_busy: polled.busy.machine,
      poller_calls: countAll(polled.calls),
      poller_answered: countAnswered(polled.calls),
      poller_lag_p95_s: quantile(polled.lagS, 0.95),
    },
  }
}

function presentUnknown({ unknown }: Watched): Figure {
  const lag = quantile(lagsOf(unknown), 0.95)
  const target = BOUNDS.maxMs / 1000
  return {
    what: `${unknown.planned} runs of ${UNKNOWN.jobs} jobs that never ran before`,
    measured: `${countAll(unknown.calls)} calls (${listCalls(unknown.calls)}); ${describeLag(lagsOf(unknown))}; ${describeRight(unknown)}`,
    target: `lag p95 ≤ ${target} s, all right`,
    met: lag <= target && isRight(unknown),
    how: `in a second workspace of the same night, seed ${UNKNOWN.seed}; the bound is the longest interval between two looks`,
    values: listValues(unknown),
  }
}
