import { setTimeout as sleep } from 'node:timers/promises'
import type { Row } from '../bench.ts'
import { type Gateway, HEADERS, startGateway, TRIGGER_BODY } from '../gateway.ts'
import { makeLoad } from '../load.ts'
import { startWorkspace } from '../workspace.ts'

const COUNT = 500
const RUN_MS = 600_000
const DURABLE_S = 1
const ANSWERED_S = 9
const SUBMITTED_S = 30

/** How long each stage is waited for before the row counts as one that cannot be measured. */
const PATIENCE_S = 90
const LOOK_MS = 20

/** A night's start: everything at once, to a workspace that takes 20 a second. */
export const burst: Row = {
  name: 'burst',
  async measure(bench) {
    await using workspace = await startWorkspace(bench, { runMs: RUN_MS })
    // Of which run-now is 20 a second.
    await workspace.setOptions({ rate_limits: 'reference' })
    await using gateway = await startGateway(bench, { workspaceUrl: workspace.url, limits: {} })
    const answering = makeLoad('burst', {
      origin: gateway.url,
      path: '/trigger/nightly-load-1',
      headers: HEADERS,
      body: TRIGGER_BODY,
      count: COUNT,
    })
    const durableAt = await waitFor(gateway, ({ known }) => known === COUNT)
    const { begunAt, answeredMs, statuses } = await answering
    const submittedAt = await waitFor(gateway, ({ known, submitting }) => known === COUNT && submitting === 0)
    const started = (await workspace.runs()).length

    const durable = (durableAt - begunAt) / 1000
    const answered = Math.max(...answeredMs) / 1000
    const submitted = (submittedAt - begunAt) / 1000
    const seconds = (value: number) => `${value.toFixed(1)} s`
    return [
      {
        what: `${COUNT} triggers at once, 20 run-now/s`,
        measured: `durable ${seconds(durable)}, answered ${seconds(answered)}, submitted ${seconds(submitted)}, ${started} runs`,
        target: `≤ ${DURABLE_S} s, ≤ ${ANSWERED_S} s, ≤ ${SUBMITTED_S} s, ${COUNT} runs`,
        met:
          durable <= DURABLE_S &&
          answered <= ANSWERED_S &&
          submitted <= SUBMITTED_S &&
          started === COUNT &&
          statuses['202'] === COUNT,
        how: `as many connections, a key each; /metrics tells when all were in the ledger and none SUBMITTING, the workspace how many runs it started`,
        values: {
          durable_s: durable,
          answered_s: answered,
          submitted_s: submitted,
          runs_started: started,
          accepted: statuses['202'] ?? 0,
        },
      },
    ]
  },
}

/** When the ledger's runs were first seen like this, epoch ms. */
async function waitFor(gateway: Gateway, isSo: (runs: { known: number; submitting: number }) => boolean) {
  for (const giveUpAt = Date.now() + PATIENCE_S * 1000; Date.now() < giveUpAt; await sleep(LOOK_MS)) {
    const active = [...(await gateway.metrics())].filter(([name]) => name.startsWith('job_gateway_runs_active{'))
    const sum = (samples: [string, number][]) => samples.reduce((total, [, count]) => total + count, 0)
    const submitting = active.filter(([name]) => name.includes('state="SUBMITTING"'))
    if (isSo({ known: sum(active), submitting: sum(submitting) })) return Date.now()
  }
  throw new Error(`not within ${PATIENCE_S} s`)
}
