import type { Row } from '../bench.ts'
import { compare } from '../compare.ts'
import { HEADERS, startGateway, TRIGGER_BODY } from '../gateway.ts'
import { readLineFields, startRival } from '../rival.ts'
import { RUN_NOW_BODY, RUN_NOW_HEADERS, startWorkspace } from '../workspace.ts'

const CONNECTIONS = 32
const TARGET = 0.5

/** What a burst of triggers costs beside a proxy that keeps nothing. */
export const triggerThroughput: Row = {
  name: 'trigger-throughput',
  async measure(bench) {
    await using workspace = await startWorkspace(bench, { runMs: 0 })
    await using gateway = await startGateway(bench, { workspaceUrl: workspace.url })
    const trigger = { method: 'POST', paths: ['/trigger/nightly-load-1'], body: TRIGGER_BODY } as const
    await fetch(gateway.url + trigger.paths[0], { method: 'POST', headers: HEADERS, body: TRIGGER_BODY })
    await using rival = await startRival(bench, 'proxy', workspace.url, await readLineFields(gateway, '/trigger/:job'))

    const { ratio, cpuRatio, values } = await compare(
      {
        program: gateway,
        order: { connections: CONNECTIONS, ...trigger, headers: { ...HEADERS, 'idempotency-key': '[<id>]' } },
      },
      {
        program: rival,
        order: {
          connections: CONNECTIONS,
          method: 'POST',
          paths: ['/api/2.2/jobs/run-now'],
          headers: RUN_NOW_HEADERS,
          body: RUN_NOW_BODY,
        },
      },
    )
    return [
      {
        what: 'Triggers against @fastify/http-proxy',
        measured: `${ratio.toFixed(2)} × (by CPU time ${cpuRatio.toFixed(2)} ×)`,
        target: `≥ ${TARGET} ×`,
        met: ratio >= TARGET,
        how: `requests/s, ${CONNECTIONS} connections, in turns, a new key each, to the same workspace; runs end at once, and the gateway learns that meanwhile`,
        values: { ratio, cpu_ratio: cpuRatio, ...values },
      },
    ]
  },
}
