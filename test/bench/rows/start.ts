import { join } from 'node:path'
import type { Bench, Figure, Row } from '../bench.ts'
import { type GatewaySettings, startGateway } from '../gateway.ts'
import { median } from '../quantile.ts'
import { seedUnfinishedRuns } from '../seed.ts'
import { startWorkspace } from '../workspace.ts'

const RUNS = 10_000
const STARTS = 5
const TARGET_S = 1.5
const RUN_MS = 3_600_000

/** How long a restart is felt. */
export const start: Row = {
  name: 'start',
  async measure(bench) {
    await using workspace = await startWorkspace(bench, { runMs: RUN_MS })
    const ledger = join(bench.folder, 'unfinished.db')
    await seedUnfinishedRuns(ledger, workspace.url, RUNS)
    const emptyMs: number[] = []
    const fullMs: number[] = []
    for (let start = 0; start < STARTS; start++) {
      emptyMs.push(await timeStart(bench, { workspaceUrl: workspace.url }))
      fullMs.push(await timeStart(bench, { workspaceUrl: workspace.url, ledger }))
    }
    return [
      present('Start to ready, empty ledger', emptyMs),
      present(`Start to ready, ${RUNS} unfinished runs`, fullMs),
    ]
  },
}

function present(what: string, startMs: number[]): Figure {
  const seconds = median(startMs) / 1000
  return {
    what,
    measured: `${seconds.toFixed(2)} s`,
    target: `≤ ${TARGET_S} s`,
    met: seconds <= TARGET_S,
    how: `from the start of the process until /readyz answers 200, median of ${STARTS}`,
    values: { start_ms: startMs },
  }
}

async function timeStart(bench: Bench, settings: GatewaySettings): Promise<number> {
  await using gateway = await startGateway(bench, settings)
  const begun = performance.now()
  const { status } = await fetch(`${gateway.url}/readyz`)
  if (status !== 200) throw new Error(`/readyz answers ${status}`)
  return gateway.startMs + performance.now() - begun
}
