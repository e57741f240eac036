import type { Row } from '../bench.ts'
import { HEADERS, startGateway, TRIGGER_BODY } from '../gateway.ts'
import { makeLoad } from '../load.ts'
import { quantile } from '../quantile.ts'
import { startWorkspace } from '../workspace.ts'

const COUNT = 1_500
const OVER_S = 10
const EVERY_S = 2
const POLL_FOR_S = 20
const RUN_MS = 600_000
const TARGET_MS = 250

/** A caller is never refused because of Databricks' limits, nor made to wait for them. */
export const accepted: Row = {
  name: 'accepted',
  async measure(bench) {
    await using workspace = await startWorkspace(bench, { runMs: RUN_MS })
    // Of which run-now is 20 a second.
    await workspace.setOptions({ rate_limits: 'reference' })
    await using gateway = await startGateway(bench, { workspaceUrl: workspace.url, budget: {}, limits: {} })
    const { triggerMs, pollMs, triggerStatuses, pollStatuses } = await makeLoad('accepted', {
      origin: gateway.url,
      path: '/trigger/nightly-load-1',
      headers: HEADERS,
      body: TRIGGER_BODY,
      count: COUNT,
      overMs: OVER_S * 1000,
      everyMs: EVERY_S * 1000,
      pollForMs: POLL_FOR_S * 1000,
    })
    const [trigger, poll] = [quantile(triggerMs, 0.99), quantile(pollMs, 0.99)]
    const refused = (triggerStatuses['429'] ?? 0) + (pollStatuses['429'] ?? 0)
    const unexpected = triggerMs.length - (triggerStatuses['202'] ?? 0) + pollMs.length - (pollStatuses['200'] ?? 0)
    return [
      {
        what: `${COUNT} triggers in ${OVER_S} s, a poll of each every ${EVERY_S} s, 20 run-now/s`,
        measured: `triggers p99 ${trigger.toFixed(0)} ms, polls p99 ${poll.toFixed(0)} ms, ${refused} × 429`,
        target: `both p99 ≤ ${TARGET_MS} ms, no 429`,
        met: trigger <= TARGET_MS && poll <= TARGET_MS && unexpected === 0,
        how: `one client, a key each, timed from when each call was due; ${pollMs.length} polls, the last ones ${POLL_FOR_S} s after the last trigger`,
        values: {
          trigger_p50_ms: quantile(triggerMs, 0.5),
          trigger_p99_ms: trigger,
          poll_p50_ms: quantile(pollMs, 0.5),
          poll_p99_ms: poll,
          refused,
          unexpected,
        },
      },
    ]
  },
}
