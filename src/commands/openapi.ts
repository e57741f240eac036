import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startApp } from '../app.ts'
import { complete } from '../config/complete.ts'
import { configJsonSchema } from '../config/json-schema.ts'
import { createMapping } from '../config/tree.ts'
import { type Command, CommandError } from './command.ts'

const FOLDER = new URL('../../openapi/', import.meta.url)

/**
 * `job-gateway openapi` writes openapi/openapi.json and openapi/config.schema.json from the schemas in the code;
 * `--check` only compares, and fails when one is stale.
 */
export const openapi: Command = async (args, { stdout }) => {
  const { values } = parseArgs({ args, options: { check: { type: 'boolean' } } })
  const documents = { 'openapi.json': await readApi(), 'config.schema.json': configJsonSchema() }
  for (const [name, content] of Object.entries(documents)) {
    const file = fileURLToPath(new URL(name, FOLDER))
    const text = `${JSON.stringify(content, null, 2)}\n`
    if (!values.check) {
      await writeFile(file, text)
      stdout.write(`${file}\n`)
    } else if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
      throw new CommandError(`${file} is not what the code says; run: npm run openapi`)
    }
  }
}

/** The document as callers get it, from a gateway that keeps nothing and knows nobody. */
async function readApi(): Promise<unknown> {
  const { server, ledger, ...rest } = complete(createMapping())
  const config = {
    ...rest,
    server: { ...server, host: '127.0.0.1', port: 0, metrics_port: null, drain_seconds: 0 },
    ledger: { ...ledger, url: 'sqlite::memory:' },
  }
  const app = await startApp({ config, env: { LOG_LEVEL: 'silent' } })
  try {
    const answer = await fetch(`${app.url}/openapi.json`)
    return await answer.json()
  } finally {
    await app.stop()
  }
}
