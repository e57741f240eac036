import { parseArgs } from 'node:util'
import { copyLedger } from '../ledger/copy.ts'
import { type LedgerOptions, migrateLedger } from '../ledger/open.ts'
import { LedgerOpenError } from '../ledger/open-error.ts'
import { readLedgerOptions } from '../ledger-options.ts'
import { LedgerError } from '../runs/store.ts'
import { type Command, CommandError } from './command.ts'
import { readConfiguration } from './configuration.ts'

const USAGE = `usage: job-gateway ledger migrate [--config FILE]
       job-gateway ledger copy --from sqlite:PATH [--config FILE]`

/**
 * `job-gateway ledger migrate [--config FILE]…` brings the schema of the ledger up to this version, whatever
 * `ledger.migrations` says; does nothing when it is there.
 * `job-gateway ledger copy --from sqlite:PATH [--config FILE]…` copies a SQLite ledger that is not in use into the
 * configured one, which has no runs yet.
 */
export const ledger: Command = async (args, { env, stdout }) => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { config: { type: 'string', multiple: true, default: [] }, from: { type: 'string' } },
  })
  const act = chooseAct(positionals.join(' '), values.from)
  const { config } = await readConfiguration(values.config, env)
  try {
    stdout.write(await act(readLedgerOptions(config, { env, onSecret: () => {} })))
  } catch (error) {
    if (error instanceof LedgerOpenError || error instanceof LedgerError) throw new CommandError(error.message)
    throw error
  }
}

/** What is to be done with the ledger; resolves with what there is to say. */
function chooseAct(name: string, from: string | undefined): (options: LedgerOptions) => Promise<string> {
  if (name === 'migrate' && from === undefined) return migrate
  const [, path] = /^sqlite:(.+)$/.exec(from ?? '') ?? []
  if (name === 'copy' && path !== undefined) return (options) => copy(path, options)
  throw new CommandError(USAGE, 2)
}

async function migrate(options: LedgerOptions): Promise<string> {
  const { from = 'nothing', to } = await migrateLedger(options)
  return from === to ? `The ledger has schema ${to} already.\n` : `The ledger went from ${from} to ${to}.\n`
}

async function copy(path: string, options: LedgerOptions): Promise<string> {
  const tables = await copyLedger(path, options)
  const lines = tables.map(({ table, rows }) => `${table.padEnd(16)}${rows}\n`)
  return `${lines.join('')}The ledger was copied, and every row has arrived.\n`
}
