#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'
import { type Command, CommandError } from './commands/command.ts'

// Types are stripped and code is compiled once, not at every start. Kept with the code, where only its owner may write;
// who may not, as in a read-only container, starts without.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url)))

interface Entry {
  summary: string
  load: () => Promise<Command>
}

const COMMANDS: Record<string, Entry> = {
  serve: { summary: 'run the gateway', load: async () => (await import('./commands/serve.ts')).serve },
  demo: {
    summary: 'run the gateway with a simulated workspace, and show the calls to try',
    load: async () => (await import('./commands/demo.ts')).demo,
  },
  simulate: {
    summary: 'run a simulated Databricks workspace',
    load: async () => (await import('./commands/simulate.ts')).simulate,
  },
  check: {
    summary: 'look at the configuration, the way to Databricks, each job and the ledger, and say what to do',
    load: async () => (await import('./commands/check.ts')).check,
  },
  key: { summary: "make a caller's key and its hash", load: async () => (await import('./commands/key.ts')).key },
  ledger: {
    summary: 'bring the ledger up to this version: ledger migrate; or fill it from SQLite: ledger copy',
    load: async () => (await import('./commands/ledger.ts')).ledger,
  },
  openapi: {
    summary: 'write the OpenAPI document and the schema of the configuration',
    load: async () => (await import('./commands/openapi.ts')).openapi,
  },
  reference: {
    summary: 'write the reference pages of the documentation: configuration and metrics',
    load: async () => (await import('./commands/reference.ts')).reference,
  },
}

function usage(): string {
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(10)}${summary}`)
  return `job-gateway COMMAND [OPTIONS]\n\n${lines.join('\n')}\n`
}

/** Asks the running command to stop at the first signal; the second one ends the process at once. */
function listenForSignals(): AbortSignal {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(1)
      stop.abort()
    })
  }
  return stop.signal
}

function onHangUp(listener: () => void): void {
  process.on('SIGHUP', listener)
}

async function main([name = '', ...args]: string[]): Promise<number> {
  const { env, stdin, stdout, stderr } = process
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!entry) {
    const asked = ['help', '--help', '-h'].includes(name)
    ;(asked ? stdout : stderr).write(usage())
    return asked ? 0 : 2
  }
  const command = await entry.load()
  try {
    await command(args, { env, stdin, stdout, stderr, signal: listenForSignals(), onHangUp })
    return 0
  } catch (error) {
    const code = exitCodeOf(error)
    if (code === undefined) throw error
    stderr.write(`${error instanceof Error ? error.message : error}\n`)
    return code
  }
}

/** undefined: nobody expected this error. */
function exitCodeOf(error: unknown): number | undefined {
  if (error instanceof CommandError) return error.exitCode
  const wrongArguments = error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
  return wrongArguments ? 2 : undefined
}

// The clock's waits keep no process alive, and between two requests a command may have nothing else.
const alive = setInterval(() => {}, 2 ** 30)
try {
  process.exitCode = await main(process.argv.slice(2))
} finally {
  clearInterval(alive)
}
