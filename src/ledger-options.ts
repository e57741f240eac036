import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import type { LedgerTls } from './config/schema/ledger.ts'
import type { Config } from './config/schema.ts'
import { readSecret } from './config/secrets.ts'
import type { LedgerOptions } from './ledger/open.ts'

export interface LedgerSurroundings {
  env: NodeJS.ProcessEnv
  /** Told of the password whenever it is read, so that the log can hide it. */
  onSecret: (secret: string) => void
}

/** No caller waits for the ledger much longer than for Databricks, and none longer than this. */
const LONGEST_PATIENCE_MS = 5_000

/** What the configuration says about the ledger, with its references resolved: the password at each use. */
export function readLedgerOptions({ ledger, server }: Config, { env, onSecret }: LedgerSurroundings): LedgerOptions {
  const { url, synchronous, password, pool_size, direct, migrations } = ledger
  return {
    ...readServer(url, ledger.tls),
    ...(direct !== undefined && { direct: readServer(direct, ledger.tls) }),
    synchronous,
    ...(password && {
      password() {
        const secret = readSecret(password, env)
        onSecret(secret)
        return secret
      },
    }),
    poolSize: pool_size,
    patienceMs: Math.min(LONGEST_PATIENCE_MS, server.trigger_timeout_seconds * 1000),
    migrations,
    instance: server.instance,
  }
}

function readServer(url: string, given: LedgerTls | undefined): Pick<LedgerOptions, 'url' | 'tls'> {
  const tls = readTls(url, given)
  return { url, ...(tls && { tls }) }
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

function readTls(url: string, tls: LedgerTls | undefined): ConnectionOptions | undefined {
  const plain = LOOPBACK.test(URL.parse(url)?.hostname ?? '') ? 'disable' : 'verify-full'
  const { mode, ca } = tls ?? { mode: plain }
  if (mode === 'disable') return undefined
  return {
    rejectUnauthorized: mode !== 'require',
    ...(mode === 'verify-ca' && { checkServerIdentity: () => undefined }),
    ...(ca && { ca: readFileSync(ca.file, 'utf8') }),
  }
}
