import type { Test } from 'tap'
import type { Simulator } from '../../../src/simulator/simulator.ts'
import { type Gateway, type GatewaySettings, startGateway, writeConfig } from '../../support/gateway.ts'
import { createDatabase, PASSWORD } from './postgres.ts'

/** So many gateways on one ledger, ready. */
export async function startReplicas(
  t: Test,
  count: number,
  simulator: Pick<Simulator, 'url'>,
  settings: GatewaySettings,
): Promise<Gateway[]> {
  const { url } = await createDatabase(t)
  const ledger = { url, password: { env: 'TEST_LEDGER_PASSWORD' } }
  const config = writeConfig(t, simulator, { ...settings, ledger })
  return Promise.all(Array.from({ length: count }, () => startGateway(t, config, { TEST_LEDGER_PASSWORD: PASSWORD })))
}

async function isLeader(gateway: Gateway): Promise<boolean> {
  return (await gateway.metric('job_gateway_watch_leader', { workspace: 'main' })) === 1
}

/** The gateway that watches the workspace, as soon as one does, and how long that took, ms. */
export async function awaitLeader(gateways: Gateway[]): Promise<{ leader: Gateway; ms: number }> {
  const begun = performance.now()
  for (;;) {
    for (const gateway of gateways) {
      if (await isLeader(gateway)) return { leader: gateway, ms: performance.now() - begun }
    }
  }
}
