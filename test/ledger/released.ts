import { readFileSync } from 'node:fs'

/** When its gateway had ended, epoch ms. */
const LEFT_AT = 1_795_409_607_000

/**
 * Statements that make the ledger of the last release (`released/README.md`) as if it had been left just now.
 * `host` is its workspace's, `runningId` what Databricks calls the run that is running.
 */
export function readReleased(
  engine: 'sqlite' | 'postgres',
  { host, runningId }: { host: string; runningId: string },
): string {
  const age = Date.now() - LEFT_AT
  const rows = read('rows.sql')
    .replaceAll('released.invalid', host)
    .replaceAll('RUNNING-ID', runningId)
    .replaceAll(/\b1[78]\d{11}\b/g, (instant) => String(Number(instant) + age))
  return `${read(`schema.${engine}.sql`)}\n${rows}`
}

function read(name: string): string {
  return readFileSync(new URL(`released/${name}`, import.meta.url), 'utf8')
}
