import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
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
  const config = await writeSharedConfig(t, simulator, settings)
  return Promise.all(Array.from({ length: count }, () => startReplica(t, config)))
}

/** Of gateways on one new ledger. */
export async function writeSharedConfig(
  t: Test,
  simulator: Pick<Simulator, 'url'>,
  settings: GatewaySettings,
): Promise<string> {
  const { url } = await createDatabase(t)
  // The server's host need not be this one.
  const ledger = { url, password: { env: 'TEST_LEDGER_PASSWORD' }, tls: { mode: 'disable' } }
  return writeConfig(t, simulator, { ...settings, ledger })
}

export async function startReplica(t: Test, config: string): Promise<Gateway> {
  return startGateway(t, config, { TEST_LEDGER_PASSWORD: PASSWORD })
}

/** The next process where this one was, which has ended. */
export async function replace(t: Test, config: string, { url }: Gateway): Promise<Gateway> {
  const { port } = new URL(url)
  const { server, ...others } = JSON.parse(readFileSync(config, 'utf8'))
  const moved = join(dirname(config), `on-${port}.yaml`)
  writeFileSync(moved, JSON.stringify({ ...others, server: { ...server, port: Number(port) } }))
  return startReplica(t, moved)
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
