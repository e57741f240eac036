#!/usr/bin/env node
import { type Command, UsageError } from './commands/command.ts'

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
  key: { summary: "make a caller's key and its hash", load: async () => (await import('./commands/key.ts')).key },
  openapi: {
    summary: 'write the OpenAPI document and the schema of the configuration',
    load: async () => (await import('./commands/openapi.ts')).openapi,
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
    return await command(args, { env, stdin, stdout, stderr, signal: listenForSignals() })
  } catch (error) {
    if (!(error instanceof UsageError || isParseArgsError(error))) throw error
    stderr.write(`${error.message}\n`)
    return 2
  }
}

function isParseArgsError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
}

process.exitCode = await main(process.argv.slice(2))
