import { setTimeout as sleep } from 'node:timers/promises'
import type { Bench, Row } from '../bench.ts'
import { HEADERS, startGateway, TRIGGER_BODY } from '../gateway.ts'
import { makeLoad } from '../load.ts'
import { startRival } from '../rival.ts'
import { startWorkspace } from '../workspace.ts'

const COUNT = 10_000
const RUN_MS = 600_000
const WAIT_S = 45
const TARGET_KB = 25
const TARGET_RATIO = 2
const PATIENCE_S = 60
const LOOK_MS = 100

interface Holding {
  bytesEach: number
  spreadMs: number
}

/** Ten thousand callers that wait for one run on one process. */
export const waiters: Row = {
  name: 'waiters',
  async measure(bench) {
    const gateway = await holdAtGateway(bench)
    const rival = await holdAtRival(bench, gateway.body)
    const each = gateway.bytesEach / 1000
    const ratio = gateway.spreadMs / rival.spreadMs
    return [
      {
        what: `${COUNT} callers waiting at once`,
        measured: `${each.toFixed(1)} KB each (bare route ${(rival.bytesEach / 1000).toFixed(1)}), last answer ${ratio.toFixed(2)} ×`,
        target: `≤ ${TARGET_KB} KB, ≤ ${TARGET_RATIO} ×`,
        met: each <= TARGET_KB && ratio <= TARGET_RATIO,
        how: 'a connection each; resident set with all waiting, above idle; then the run is canceled: from the first answer to the last, against a bare Fastify route that holds and releases as many',
        values: {
          kb_each: each,
          rival_kb_each: rival.bytesEach / 1000,
          spread_ms: gateway.spreadMs,
          rival_spread_ms: rival.spreadMs,
        },
      },
    ]
  },
}

async function holdAtGateway(bench: Bench): Promise<Holding & { body: string }> {
  await using workspace = await startWorkspace(bench, { runMs: RUN_MS })
  await using gateway = await startGateway(bench, { workspaceUrl: workspace.url })
  const init = { method: 'POST', headers: HEADERS, body: TRIGGER_BODY }
  const { id } = (await (await fetch(`${gateway.url}/trigger/nightly-load-1`, init)).json()) as { id: string }
  const waiting = async () => (await gateway.metrics()).get('job_gateway_waiters') ?? 0
  const idle = gateway.residentBytes()
  const path = `/runs/${id}?wait=${WAIT_S}`
  const holding = makeLoad('hold', { origin: gateway.url, path, headers: HEADERS, count: COUNT })
  await waitUntil(waiting)
  const bytesEach = (gateway.residentBytes() - idle) / COUNT
  const body = await (await fetch(`${gateway.url}/runs/${id}/cancel`, { method: 'POST', headers: HEADERS })).text()
  const { spreadMs, statuses } = await holding
  checkAnswers(statuses)
  return { bytesEach, spreadMs, body }
}

async function holdAtRival(bench: Bench, body: string): Promise<Holding> {
  await using rival = await startRival(bench, 'hold', body, {})
  const count = async () => ((await (await fetch(`${rival.url}/count`)).json()) as { count: number }).count
  const idle = rival.residentBytes()
  const holding = makeLoad('hold', { origin: rival.url, path: '/runs/x', headers: HEADERS, count: COUNT })
  await waitUntil(count)
  const bytesEach = (rival.residentBytes() - idle) / COUNT
  await fetch(`${rival.url}/release`, { method: 'POST' })
  const { spreadMs, statuses } = await holding
  checkAnswers(statuses)
  return { bytesEach, spreadMs }
}

async function waitUntil(waiting: () => Promise<number>): Promise<void> {
  for (const giveUpAt = Date.now() + PATIENCE_S * 1000; Date.now() < giveUpAt; await sleep(LOOK_MS)) {
    if ((await waiting()) >= COUNT) return
  }
  throw new Error(`${COUNT} callers did not wait within ${PATIENCE_S} s`)
}

function checkAnswers(statuses: Record<string, number>): void {
  if (statuses['200'] !== COUNT) throw new Error(`not all were answered: ${JSON.stringify(statuses)}`)
}
