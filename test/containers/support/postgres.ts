import { Pool, type PoolConfig } from 'pg'
import type { Test } from 'tap'
import { type LedgerOptions, openLedger } from '../../../src/ledger/open.ts'
import type { RunStore } from '../../../src/runs/store.ts'

/** Database of an empty ledger, to be copied. */
export const TEMPLATE = 'ledger_template'

const SERVER = new URL(process.env['TEST_POSTGRES_URL'] ?? 'postgres://run-by.npm-run-test.containers.invalid')
export const PASSWORD = process.env['TEST_POSTGRES_PASSWORD'] ?? ''

/** One of the server's databases. */
export interface TestDatabase {
  name: string
  /** As the configuration names it; `PASSWORD` opens it. */
  url: string
  connection: PoolConfig
  /** What openLedger takes, with these changes. */
  options(changes?: Partial<LedgerOptions>): LedgerOptions
  query(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>
  /** Acts on it from outside. */
  admin(text: string): Promise<void>
}

let made = 0

/** A new database: an empty ledger, or, with `empty`, nothing at all. */
export async function createDatabase(t: Test, { empty = false } = {}): Promise<TestDatabase> {
  const name = `test_${process.pid}_${made++}`
  await runAsAdmin(`create database ${name} template ${empty ? 'template1' : TEMPLATE}`)
  const url = urlOf(name)
  let pool: Pool | undefined
  t.teardown(() => pool?.end())
  return {
    name,
    url,
    connection: connectionTo(name),
    options: (changes = {}) => ({ url, password: () => PASSWORD, instance: 'test', ...changes }),
    async query(text, values) {
      pool ??= connect(name)
      return (await pool.query(text, values)).rows
    },
    admin: runAsAdmin,
  }
}

/** A store on a new database. */
export async function openStore(t: Test): Promise<RunStore> {
  return openLedger((await createDatabase(t)).options())
}

export function urlOf(database: string, { hostname, port, username } = SERVER): string {
  return `postgres://${username}@${hostname}:${port}/${database}`
}

async function runAsAdmin(text: string): Promise<void> {
  const admin = connect('postgres')
  await admin.query(text)
  await admin.end()
}

function connectionTo(database: string): PoolConfig {
  const { hostname: host, port, username: user } = SERVER
  return { host, port: Number(port), user, password: PASSWORD, database }
}

function connect(database: string): Pool {
  const pool = new Pool(connectionTo(database))
  // Tests end connections too.
  pool.on('error', () => {})
  return pool
}
