import type { Row } from '../bench.ts'
import { compare } from '../compare.ts'
import { HEADERS, startGateway, TRIGGER_BODY } from '../gateway.ts'
import { readLineFields, startRival } from '../rival.ts'
import { startWorkspace } from '../workspace.ts'

const RUNS = 1_000
const CONNECTIONS = 32
const TARGET = 0.5

/** How fast a run is read, beside the fastest answer that Fastify can give. */
export const read: Row = {
  name: 'read',
  async measure(bench) {
    await using workspace = await startWorkspace(bench, { runMs: 0 })
    await using gateway = await startGateway(bench, { workspaceUrl: workspace.url })
    const ids = await makeEndedRuns(gateway.url)
    const body = await (await fetch(`${gateway.url}/runs/${ids[0]}`, { headers: HEADERS })).text()
    await using rival = await startRival(bench, 'constant', body, await readLineFields(gateway, '/runs/:id'))

    const paths = ids.map((id) => `/runs/${id}`)
    const order = { connections: CONNECTIONS, method: 'GET', headers: HEADERS, paths } as const
    const { ratio, cpuRatio, values } = await compare({ program: gateway, order }, { program: rival, order })
    return [
      {
        what: 'GET /runs/:id against a bare Fastify route',
        measured: `${ratio.toFixed(2)} ×, by CPU time ${cpuRatio.toFixed(2)} ×`,
        target: `both ≥ ${TARGET} ×`,
        met: Math.min(ratio, cpuRatio) >= TARGET,
        how: `requests/s, ${CONNECTIONS} connections, in turns; ${RUNS} ended runs of ${body.length} bytes; the rival logs the same line and sends a constant of that size, without authentication`,
        values: { ratio, cpu_ratio: cpuRatio, ...values },
      },
    ]
  },
}

async function makeEndedRuns(url: string): Promise<string[]> {
  const ids: string[] = []
  while (ids.length < RUNS) ids.push(...(await Promise.all(Array.from({ length: 50 }, () => makeEndedRun(url)))))
  return ids
}

async function makeEndedRun(url: string): Promise<string> {
  const init = { method: 'POST', headers: HEADERS, body: TRIGGER_BODY }
  const response = await fetch(`${url}/trigger/nightly-load-1?wait=30`, init)
  const text = await response.text()
  const { id, done } = JSON.parse(text)
  if (!done) throw new Error(`a run did not end: ${response.status} ${text}`)
  return id
}
