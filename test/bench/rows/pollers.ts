import { setTimeout as sleep } from 'node:timers/promises'
import type { Bench, Row } from '../bench.ts'
import { HEADERS, startGateway, TRIGGER_BODY } from '../gateway.ts'
import type { Polls } from '../load/poll.ts'
import { makeLoad } from '../load.ts'
import { countCalls, type EndpointCalls } from '../night/calls.ts'
import { countAll, listCalls } from '../night/present.ts'
import { JOBS, startWorkspace } from '../workspace.ts'

const CALLERS = 10_000
const EVERY_S = 2
const FOR_S = 20
const RUNS = 200
/** Enough for the pollers to connect. */
const CONNECT_S = 6
const RUN_MS = 600_000
const WINDOW_MS = (CONNECT_S + FOR_S) * 1000
/** Where the looks of the watcher fall within the time that is counted differs from one start to the next. */
const TOLERANCE = 1.02

/** Everyone polls us, we hardly poll Databricks. */
export const pollers: Row = {
  name: 'pollers',
  async measure(bench) {
    const alone = await countUpstream(bench, () => sleep(WINDOW_MS))
    let polls: Polls | undefined
    const polled = await countUpstream(bench, async (url, paths) => {
      const until = sleep(WINDOW_MS)
      const { hostname: host, port } = new URL(url)
      const load = { host, port: Number(port), paths, headers: HEADERS }
      polls = await makeLoad('poll', { ...load, callers: CALLERS, everyMs: EVERY_S * 1000, forMs: FOR_S * 1000 })
      await until
    })
    if (!polls) throw new Error('nobody polled')
    const { perSecond, p50Ms, p99Ms, statuses } = polls
    const [without, withPollers] = [countAll(alone), countAll(polled)]
    const good = statuses['200'] ?? 0
    const bad = Object.values(statuses).reduce((sum, count) => sum + count, 0) - good
    return [
      {
        what: `${CALLERS} callers polling every ${EVERY_S} s`,
        measured: `${withPollers} upstream calls (${listCalls(polled)}), without them ${without} (${listCalls(alone)}); ${perSecond.toFixed(0)} polls/s, p50 ${p50Ms.toFixed(0)} ms, p99 ${p99Ms.toFixed(0)} ms, ${bad} not answered with 200`,
        target: `no more than without (± ${Math.round((TOLERANCE - 1) * 100)} %)`,
        met: withPollers <= without * TOLERANCE && bad === 0,
        how: `the first ${CONNECT_S + FOR_S} s of ${RUNS} running runs, once with and once without them, counted by the workspace; a connection each, kept; ${FOR_S} s of polls`,
        values: {
          calls_with: withPollers,
          calls_without: without,
          polls_per_second: perSecond,
          poll_p50_ms: p50Ms,
          poll_p99_ms: p99Ms,
          polls_bad: bad,
        },
      },
    ]
  },
}

/** What the workspace was asked by a gateway that watches so many runs, in the same time from the first start on. */
async function countUpstream(
  bench: Bench,
  meanwhile: (url: string, paths: string[]) => Promise<unknown>,
): Promise<Record<string, EndpointCalls>> {
  await using workspace = await startWorkspace(bench, { runMs: RUN_MS })
  await using gateway = await startGateway(bench, { workspaceUrl: workspace.url })
  const names = [...JOBS.keys()]
  const init = { method: 'POST', headers: HEADERS, body: TRIGGER_BODY }
  const paths = await Promise.all(
    Array.from({ length: RUNS }, async (_, index) => {
      const response = await fetch(`${gateway.url}/trigger/${names[index % names.length]}`, init)
      const { id } = (await response.json()) as { id: string }
      return `/runs/${id}`
    }),
  )
  await meanwhile(gateway.url, paths)
  const calls = await workspace.calls()
  const until = (calls[0]?.time ?? 0) + WINDOW_MS
  return countCalls(calls.filter(({ time }) => time < until))
}
