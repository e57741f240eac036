import type { Row } from '../bench.ts'
import { describeBusy, watchProcessors } from '../busy.ts'
import type { EndpointCalls } from '../night/calls.ts'
import { judge, type Verdict } from '../night/judge.ts'
import { planNight } from '../night/plan.ts'
import { describeLag, isRight, lagsOf, listCalls, listValues } from '../night/present.ts'
import { triggerAll, waitForEnd } from '../night/run.ts'
import { startNight } from '../night/start.ts'
import { quantile } from '../quantile.ts'

const WORKSPACES = 5
const SIZE = { jobs: 20, runsPerJob: 100 }
const RUNS = WORKSPACES * SIZE.jobs * SIZE.runsPerJob
const FIRST_SEED = 11
/** In time that runs faster the looks of five workspaces would ask for more than one processor. */
const SPEED = 4
const TARGET_LAG_S = 20
/** The documented defaults of `workspaces.*.budget`, requests/s. */
const BUDGET: Record<string, number> = { 'run-now': 20, 'runs/get': 50, 'runs/list': 15, 'runs/get-output': 10 }
/** A bucket may be full when the busiest ten seconds begin: a second's worth more. */
const FULL_BUCKET = 1.1

/** One process for a whole company's night. */
export const watch10000: Row = {
  name: 'watch-10000',
  async measure(bench) {
    const names = Array.from({ length: WORKSPACES }, (_, index) => `workspace-${index + 1}`)
    const plans = names.map((name, index) => [name, planNight(name, { ...SIZE, seed: FIRST_SEED + index })] as const)
    const { speed = SPEED } = bench
    await using night = await startNight(bench, { speed, jobs: Object.fromEntries(plans), withHistory: true })
    const readBusy = watchProcessors(night.gateway)
    await triggerAll(night)
    await waitForEnd(night)
    const busy = readBusy()
    const verdicts: Verdict[] = []
    for (const name of names) verdicts.push(await judge(night, name))

    const lags = verdicts.flatMap(lagsOf)
    const right = verdicts.reduce((sum, verdict) => sum + verdict.right, 0)
    const over = verdicts.flatMap(({ calls }) => Object.entries(calls)).filter(exceedsBudget)
    const [first] = verdicts
    return [
      {
        what: `${RUNS} runs in ${WORKSPACES} workspaces, all triggered at once`,
        measured: `${describeLag(lags)}; ${right} of ${RUNS} outcomes right; ${over.length === 0 ? 'budget kept' : `over budget: ${over.map(([endpoint, { busiestPerSecond, throttled }]) => `${endpoint} ${busiestPerSecond}/s, ${throttled} × 429`).join('; ')}`}; calls of the first: ${first ? listCalls(first.calls) : ''}`,
        target: `lag p95 ≤ ${TARGET_LAG_S} s, budget kept, all right`,
        met: quantile(lags, 0.95) <= TARGET_LAG_S && over.length === 0 && verdicts.every(isRight),
        how: `as the row watch, time ${night.scale.speed} times as fast (${describeBusy(busy)}), seeds from ${FIRST_SEED}; budget: no 429, and in no ten seconds of any endpoint more than its budget and one full bucket`,
        values: {
          busy: busy.machine,
          gateway_cpu: busy.program,
          lag_p50_s: quantile(lags, 0.5),
          lag_p95_s: quantile(lags, 0.95),
          lag_max_s: quantile(lags, 1),
          ...Object.fromEntries(
            verdicts.flatMap((verdict, index) =>
              Object.entries(listValues(verdict)).map(([name, value]) => [`${names[index]} ${name}`, value]),
            ),
          ),
        },
      },
    ]
  },
}

function exceedsBudget([endpoint, { throttled, busiestPerSecond }]: [string, EndpointCalls]): boolean {
  return throttled > 0 || busiestPerSecond > (BUDGET[endpoint] ?? 0) * FULL_BUCKET
}
