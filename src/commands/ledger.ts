import { parseArgs } from 'node:util'
import { migrateLedger } from '../ledger/open.ts'
import { LedgerOpenError } from '../ledger/open-error.ts'
import { readLedgerOptions } from '../ledger-options.ts'
import { LedgerError } from '../runs/store.ts'
import { type Command, CommandError } from './command.ts'
import { readConfiguration } from './configuration.ts'

/**
 * `job-gateway ledger migrate [--config FILE]…` brings the schema of the ledger up to this version, whatever
 * `ledger.migrations` says; does nothing when it is there.
 */
export const ledger: Command = async (args, { env, stdout }) => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { config: { type: 'string', multiple: true, default: [] } },
  })
  if (positionals.join(' ') !== 'migrate') {
    throw new CommandError('usage: job-gateway ledger migrate [--config FILE]', 2)
  }
  const config = await readConfiguration(values.config, env)
  try {
    const { from = 'nothing', to } = await migrateLedger(readLedgerOptions(config, { env, onSecret: () => {} }))
    stdout.write(from === to ? `The ledger has schema ${to} already.\n` : `The ledger went from ${from} to ${to}.\n`)
  } catch (error) {
    if (error instanceof LedgerOpenError || error instanceof LedgerError) throw new CommandError(error.message)
    throw error
  }
}
