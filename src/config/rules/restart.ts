import { isDeepStrictEqual } from 'node:util'
import type { Finding } from '../problem.ts'
import type { Config } from '../schema.ts'

/** Of `server`: what the program is bound to from its start. The rest is looked at when it is needed. */
const BOUND = ['instance', 'host', 'port', 'metrics_port', 'trusted_proxies'] as const

const MESSAGE =
  'is not what the gateway runs with; that takes a restart, and nothing of this configuration is used before'

/** What cannot change while the gateway runs. */
export function checkRestart(next: Config, inForce: Config): Finding[] {
  const { server, ledger } = inForce
  const ofServer: string[] = BOUND.filter((key) => !isDeepStrictEqual(next.server[key], server[key]))
  // Other files for the certificate are taken while it runs; whether there is one is not.
  const tls = (next.server.tls === undefined) === (server.tls === undefined) ? [] : ['tls']
  const ofLedger = new Set([...Object.keys(ledger), ...Object.keys(next.ledger)] as (keyof Config['ledger'])[])
  const changed = [...ofLedger].filter((key) => !isDeepStrictEqual(next.ledger[key], ledger[key]))
  return [
    ...[...ofServer, ...tls].map((key) => ({ path: ['server', key], message: MESSAGE })),
    ...changed.map((key) => ({ path: ['ledger', key], message: MESSAGE })),
  ]
}
