import type { Row } from '../bench.ts'
import { HEADERS, startGateway, TRIGGER_BODY } from '../gateway.ts'
import { makeLoad } from '../load.ts'
import { quantile } from '../quantile.ts'
import { RUN_NOW_BODY, RUN_NOW_HEADERS, startWorkspace } from '../workspace.ts'

const PAIRS = 2_000
const P50_MS = 2
const P99_MS = 10

/** What a caller pays for the gateway's promise: an intent on the disk before Databricks is called. */
export const triggerLatency: Row = {
  name: 'trigger-latency',
  async measure(bench) {
    await using workspace = await startWorkspace(bench, { runMs: 0 })
    await using gateway = await startGateway(bench, { workspaceUrl: workspace.url })
    const { directMs, throughMs } = await makeLoad('added-time', {
      direct: {
        origin: workspace.url,
        path: '/api/2.2/jobs/run-now',
        method: 'POST',
        headers: RUN_NOW_HEADERS,
        body: RUN_NOW_BODY,
      },
      through: {
        origin: gateway.url,
        path: '/trigger/nightly-load-1',
        method: 'POST',
        headers: { ...HEADERS, 'idempotency-key': '[<id>]' },
        body: TRIGGER_BODY,
      },
      pairs: PAIRS,
      warmup: PAIRS / 4,
    })
    const added = throughMs.map((ms, pair) => ms - (directMs[pair] ?? 0))
    const [p50, p99] = [quantile(added, 0.5), quantile(added, 0.99)]
    return [
      {
        what: 'Time added to a trigger',
        measured: `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`,
        target: `p50 ≤ ${P50_MS} ms, p99 ≤ ${P99_MS} ms`,
        met: p50 <= P50_MS && p99 <= P99_MS,
        how: `${PAIRS} pairs, one call at a time: POST /trigger with a new key less run-now sent to the same workspace by undici`,
        values: {
          added_p50_ms: p50,
          added_p99_ms: p99,
          direct_p50_ms: quantile(directMs, 0.5),
          direct_p99_ms: quantile(directMs, 0.99),
          through_p50_ms: quantile(throughMs, 0.5),
          through_p99_ms: quantile(throughMs, 0.99),
        },
      },
    ]
  },
}
