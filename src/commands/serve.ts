import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { type App, startApp } from '../app.ts'
import { LedgerOpenError } from '../ledger/open-error.ts'
import { LedgerError } from '../runs/store.ts'
import { type Command, CommandError } from './command.ts'
import { readConfiguration } from './configuration.ts'

/**
 * Runs the gateway until the process is asked to stop; SIGHUP has it read its configuration again. Nothing starts on a configuration with any problem: exit code 2.
 */
export const serve: Command = async (args, { env, signal, onHangUp }) => {
  const { values } = parseArgs({ args, options: { config: { type: 'string', multiple: true, default: [] } } })
  let app: App | undefined
  onHangUp(() => app?.reload())
  app = await start({ ...(await readConfiguration(values.config, env)), env, signal })
  if (!signal.aborted) await once(signal, 'abort')
  await app.stop()
}

/** Failures that whoever starts the gateway can mend are one line, not a stack. */
export async function start(options: Parameters<typeof startApp>[0]): Promise<App> {
  try {
    return await startApp(options)
  } catch (error) {
    if (error instanceof LedgerOpenError || error instanceof LedgerError) throw new CommandError(error.message)
    const reason = listenReason(error)
    throw reason === undefined ? error : new CommandError(reason)
  }
}

function listenReason(error: unknown): string | undefined {
  if (!(error instanceof Error && 'syscall' in error && error.syscall === 'listen' && 'code' in error)) return undefined
  const { address, port, code } = error as Error & { address?: string; port?: number; code: string }
  const why = { EADDRINUSE: 'another program uses it', EACCES: 'the port needs more rights' }[code] ?? code
  return `Cannot listen on ${address ?? ''}:${port ?? ''}: ${why}. Set server.port or server.metrics_port.`
}
