import { join } from 'node:path'
import type { Figure, Row } from '../bench.ts'
import { type Gateway, HEADERS, startGateway, TRIGGER_BODY } from '../gateway.ts'
import { timeLists } from '../lists.ts'
import { makeLoad } from '../load.ts'
import { median, quantile } from '../quantile.ts'
import { type EndedRuns, makeEndedRun, seedEndedRuns } from '../seed-ended.ts'
import { timeGet } from '../time-get.ts'
import { startWorkspace } from '../workspace.ts'

const RUNS = 1_000_000
const DAY_MS = 86_400_000
const JOBS = 50
const WORKSPACE_JOBS = 20
const SCRAPES = 50
const PAIRS = 1_000
/** Shares no factor with the number of runs. */
const SPREAD = 618_033
const METRICS_MS = 10
const LIST_MS = 20
const RATIO = 1.2

const catalogue = Object.fromEntries(
  Array.from({ length: JOBS }, (_, index) => [
    `nightly-load-${index + 1}`,
    { workspace: 'main', job_id: `${1001 + (index % WORKSPACE_JOBS)}` },
  ]),
)

/** Whether a ledger that has been in use for months is as fast as a new one. */
export const ledger: Row = {
  name: 'ledger',
  async measure(bench) {
    const file = join(bench.folder, 'million.db')
    const now = Date.now()
    const seeds = { count: RUNS, jobs: Object.keys(catalogue), from: now - 60 * DAY_MS, until: now }
    await seedEndedRuns(file, seeds)
    await using workspace = await startWorkspace(bench, { runMs: 0 })
    const settings = { workspaceUrl: workspace.url, jobs: catalogue }
    await using full = await startGateway(bench, { ...settings, ledger: file })
    await using empty = await startGateway(bench, settings)
    const fewFile = join(bench.folder, 'few.db')
    const fewSeeds = { ...seeds, count: PAIRS }
    await seedEndedRuns(fewFile, fewSeeds)
    await using few = await startGateway(bench, { ...settings, ledger: fewFile })
    return [
      await measureMetrics(full),
      await measureLists(full, seeds),
      await measureTriggers(full, empty),
      await measureReads(full, seeds, few, fewSeeds),
    ]
  },
}

async function measureMetrics(gateway: Gateway): Promise<Figure> {
  const times: number[] = []
  while (times.length < SCRAPES) {
    const begun = performance.now()
    await gateway.metrics()
    times.push(performance.now() - begun)
  }
  const ms = median(times)
  return {
    what: `/metrics, ${RUNS} runs in the ledger`,
    measured: `${ms.toFixed(1)} ms`,
    target: `≤ ${METRICS_MS} ms`,
    met: ms <= METRICS_MS,
    how: `${JOBS} jobs; median of ${SCRAPES}, reading the answer included`,
    values: { metrics_ms: times },
  }
}

async function measureLists(gateway: Gateway, seeds: EndedRuns): Promise<Figure> {
  const slowest = [...(await timeLists(gateway.url, seeds))].toSorted(([, a], [, b]) => b.ms - a.ms)
  const [filters, { ms, query }] = slowest[0] ?? ['none', { ms: 0, query: '' }]
  const late = slowest.filter(([, { ms }]) => ms > LIST_MS).length
  return {
    what: 'GET /runs, by any combination of its filters',
    measured: `${ms.toFixed(1)} ms by ${filters} (${query}); ${late} of ${slowest.length} combinations above ${LIST_MS} ms`,
    target: `all ≤ ${LIST_MS} ms`,
    met: late === 0,
    how: '50 runs a page; of each combination of filters the values that take longest, those over 5 ms timed three times',
    values: Object.fromEntries(slowest.map(([filters, { ms }]) => [`${filters} ms`, ms])),
  }
}

async function measureTriggers(full: Gateway, empty: Gateway): Promise<Figure> {
  const trigger = (gateway: Gateway) =>
    ({
      origin: gateway.url,
      path: '/trigger/nightly-load-1',
      method: 'POST',
      headers: { ...HEADERS, 'idempotency-key': '[<id>]' },
      body: TRIGGER_BODY,
    }) as const
  const { directMs: emptyMs, throughMs: fullMs } = await makeLoad('added-time', {
    direct: trigger(empty),
    through: trigger(full),
    pairs: PAIRS,
    warmup: PAIRS / 4,
  })
  return presentRatio(
    `POST /trigger, ${RUNS} runs in the ledger against none`,
    fullMs,
    emptyMs,
    `${PAIRS} pairs, one call at a time, a new key each`,
  )
}

async function measureReads(full: Gateway, seeds: EndedRuns, few: Gateway, fewSeeds: EndedRuns): Promise<Figure> {
  const fewMs: number[] = []
  const fullMs: number[] = []
  for (let read = 0; read < PAIRS; read++) {
    fewMs.push(await timeGet(`${few.url}/runs/${idOf(fewSeeds, read)}`))
    // Far from each other, so that none is in memory because of the one before.
    fullMs.push(await timeGet(`${full.url}/runs/${idOf(seeds, (read * SPREAD) % RUNS)}`))
  }
  return presentRatio(
    `GET /runs/:id, ${RUNS} runs in the ledger against ${PAIRS}`,
    fullMs,
    fewMs,
    `${PAIRS} pairs, one call at a time, each of another run, of runs all over the ledger`,
  )
}

function idOf({ count, from, until }: EndedRuns, index: number): string {
  return makeEndedRun(index, '', Math.floor(from + ((until - from) * index) / count)).id
}

/** Of each call the one with a full ledger by the one with next to nothing in it. */
function presentRatio(what: string, fullMs: number[], emptyMs: number[], how: string): Figure {
  const ratio = quantile(fullMs, 0.5) / quantile(emptyMs, 0.5)
  return {
    what,
    measured: `${ratio.toFixed(2)} × (p50 ${quantile(fullMs, 0.5).toFixed(2)} ms, p99 ${quantile(fullMs, 0.99).toFixed(2)} against ${quantile(emptyMs, 0.99).toFixed(2)} ms)`,
    target: `p50 ≤ ${RATIO} ×`,
    met: ratio <= RATIO,
    how,
    values: {
      ratio,
      full_p50_ms: quantile(fullMs, 0.5),
      full_p99_ms: quantile(fullMs, 0.99),
      empty_p50_ms: quantile(emptyMs, 0.5),
      empty_p99_ms: quantile(emptyMs, 0.99),
    },
  }
}
