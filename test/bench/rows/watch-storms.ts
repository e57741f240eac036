import type { Figure, Row } from '../bench.ts'
import { type Busy, describeBusy, watchProcessors } from '../busy.ts'
import { judge, type Verdict } from '../night/judge.ts'
import { planNight } from '../night/plan.ts'
import { describeLag, describeRight, isRight, lagsOf, listCalls, listValues } from '../night/present.ts'
import { triggerAll, waitForEnd } from '../night/run.ts'
import { startNight } from '../night/start.ts'
import { STORMS, type Storm, weather } from '../night/storms.ts'
import { quantile } from '../quantile.ts'

const SIZE = { jobs: 20, runsPerJob: 25 }
const RUNS = SIZE.jobs * SIZE.runsPerJob
const FIRST_SEED = 21
const SPEED = 15
const TARGET_LAG_S = 10
/** What ends that long after a storm is to be seen as in a calm night. */
const RECOVERY_MS = 60_000
/** From the night's begin: the crowd's five minutes, the runs at 20/s, and as much again. */
const TARGET_SUBMIT_S = 6 * 60

interface Weathered {
  storm: Storm
  overAt: number
  verdict: Verdict
}

/** Nights in which Databricks is ill: nothing is lost, and afterwards everything is as before. */
export const watchStorms: Row = {
  name: 'watch-storms',
  async measure(bench) {
    const jobs = Object.fromEntries(
      STORMS.map(({ name }, index) => [name, planNight(name, { ...SIZE, seed: FIRST_SEED + index })]),
    )
    const { speed = SPEED } = bench
    await using night = await startNight(bench, { speed, jobs, withHistory: true })
    const readBusy = watchProcessors(night.gateway)
    const storms = STORMS.map(async (storm) => ({ storm, overAt: await weather(night, storm) }))
    await triggerAll(night)
    const over = await Promise.all(storms)
    await waitForEnd(night)
    const busy = readBusy()
    const figures: Figure[] = []
    for (const { storm, overAt } of over) {
      figures.push(present({ storm, overAt, verdict: await judge(night, storm.name) }, speed, busy))
    }
    return figures
  },
}

function present({ storm, overAt, verdict }: Weathered, speed: number, busy: Busy): Figure {
  const after = verdict.ends.filter(({ at }) => at > overAt + RECOVERY_MS).map(({ lagS }) => lagS)
  const lag = quantile(after, 0.95)
  const submit = quantile(verdict.submitS, 1)
  return {
    what: `${RUNS} runs; ${storm.what}`,
    measured: `${describeRight(verdict)}; afterwards ${describeLag(after)} (whole night ${describeLag(lagsOf(verdict))}); the last run began ${submit.toFixed(0)} s after its trigger; ${listCalls(verdict.calls)}`,
    target: `all right, afterwards lag p95 ≤ ${TARGET_LAG_S} s, begun ≤ ${TARGET_SUBMIT_S} s`,
    met: isRight(verdict) && lag <= TARGET_LAG_S && submit <= TARGET_SUBMIT_S,
    how: `a workspace of its own in one night with the other storms, ${SIZE.jobs} jobs, all triggered at once; as the row watch, time ${speed} times as fast (${describeBusy(busy)}), seeds from ${FIRST_SEED}; afterwards: runs that ended ${RECOVERY_MS / 1000} s after it or later (${after.length})`,
    values: { busy: busy.machine, gateway_cpu: busy.program, lag_after_p95_s: lag, ...listValues(verdict) },
  }
}
