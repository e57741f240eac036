import { setTimeout as sleep } from 'node:timers/promises'
import type { Row } from '../bench.ts'
import { startGateway } from '../gateway.ts'
import { median } from '../quantile.ts'
import { startWorkspace } from '../workspace.ts'

const SAMPLES = 10
const PAUSE_MS = 1_000
const TARGET_MB = 120

/** What the gateway takes when there is nothing to do. */
export const memory: Row = {
  name: 'memory',
  async measure(bench) {
    await using workspace = await startWorkspace(bench, { runMs: 0 })
    await using gateway = await startGateway(bench, { workspaceUrl: workspace.url })
    const samples: number[] = []
    while (samples.length < SAMPLES) {
      await sleep(PAUSE_MS)
      samples.push(gateway.residentBytes() / 2 ** 20)
    }
    const resident = median(samples)
    return [
      {
        what: 'Idle memory',
        measured: `${resident.toFixed(0)} MB`,
        target: `≤ ${TARGET_MB} MB`,
        met: resident <= TARGET_MB,
        how: `resident set of the process, median over the ${SAMPLES} s after its start`,
        values: { resident_mb: samples },
      },
    ]
  },
}
