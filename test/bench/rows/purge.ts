import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bench, Row } from '../bench.ts'
import { type GatewaySettings, HEADERS, startGateway, TRIGGER_BODY } from '../gateway.ts'
import type { Throughput } from '../load/throughput.ts'
import { makeLoad } from '../load.ts'
import { median } from '../quantile.ts'
import { seedEndedRuns } from '../seed-ended.ts'
import { JOBS, startWorkspace } from '../workspace.ts'

const RUNS = 200_000
const DAY_MS = 86_400_000
/** All of them are older than the one, none is older than the other. */
const RETENTION_DAYS = { purging: 90, quiet: 400 }
const ROUNDS = 4
const SECONDS = 5
const WARMUP_MS = 1_000
const CONNECTIONS = 32
/** What a machine's noise makes of two equal rounds. */
const TARGET = 0.95
const TARGET_P99 = 1.2

interface Round extends Throughput {
  /** Batches that were purged meanwhile. */
  batches: number
}

/** Whether callers feel that old runs are being removed. */
export const purge: Row = {
  name: 'purge',
  async measure(bench) {
    const now = Date.now()
    const old = join(bench.folder, 'old.db')
    await seedEndedRuns(old, {
      count: RUNS,
      jobs: [...JOBS.keys()],
      from: now - 200 * DAY_MS,
      until: now - 100 * DAY_MS,
    })
    const quietLedger = join(bench.folder, 'old-quiet.db')
    copyFileSync(old, quietLedger)
    await using workspace = await startWorkspace(bench, { runMs: 0 })
    const quiet = { workspaceUrl: workspace.url, ledger: quietLedger, retentionDays: RETENTION_DAYS.quiet }
    const purging = { workspaceUrl: workspace.url, ledger: old, retentionDays: RETENTION_DAYS.purging }
    const pairs: { quiet: Round; purging: Round }[] = []
    for (let round = 0; round < ROUNDS; round++) {
      pairs.push({ quiet: await trigger(bench, quiet), purging: await trigger(bench, purging) })
    }
    const ratio = median(pairs.map(({ quiet, purging }) => purging.perSecond / quiet.perSecond))
    const p99Ratio = median(pairs.map(({ quiet, purging }) => purging.p99Ms / quiet.p99Ms))
    const batches = pairs.reduce((sum, { purging }) => sum + purging.batches, 0)
    return [
      {
        what: `Triggers while ${RUNS} old runs are purged, against without`,
        measured: `${ratio.toFixed(2)} × the requests/s, p99 ${p99Ratio.toFixed(2)} × (${median(pairs.map(({ purging }) => purging.p99Ms))} ms); ${batches} batches purged meanwhile`,
        target: `≥ ${TARGET} ×, p99 ≤ ${TARGET_P99} ×`,
        met: ratio >= TARGET && p99Ratio <= TARGET_P99 && batches > 0,
        how: `${CONNECTIONS} connections, a new key each, ${ROUNDS} rounds of ${SECONDS} s in turns, the same ledger with a retention of ${RETENTION_DAYS.purging} and of ${RETENTION_DAYS.quiet} days; medians of the rounds`,
        values: {
          ratio,
          p99_ratio: p99Ratio,
          batches,
          purging_per_second: pairs.map(({ purging }) => purging.perSecond),
          quiet_per_second: pairs.map(({ quiet }) => quiet.perSecond),
          purging_p99_ms: pairs.map(({ purging }) => purging.p99Ms),
          quiet_p99_ms: pairs.map(({ quiet }) => quiet.p99Ms),
        },
      },
    ]
  },
}

async function trigger(bench: Bench, settings: GatewaySettings): Promise<Round> {
  await using gateway = await startGateway(bench, settings)
  await sleep(WARMUP_MS)
  const countBatches = async () =>
    (await gateway.metrics()).get('job_gateway_ledger_request_duration_seconds_count{op="purge"}') ?? 0
  const before = await countBatches()
  const throughput = await makeLoad('throughput', {
    url: gateway.url,
    connections: CONNECTIONS,
    seconds: SECONDS,
    method: 'POST',
    paths: ['/trigger/nightly-load-1'],
    headers: { ...HEADERS, 'idempotency-key': '[<id>]' },
    body: TRIGGER_BODY,
  })
  return { ...throughput, batches: (await countBatches()) - before }
}
