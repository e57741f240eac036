import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { systemClock } from '../clock.ts'
import { complete } from '../config/complete.ts'
import { configJsonSchema } from '../config/json-schema.ts'
import { createMapping } from '../config/tree.ts'
import { createMetrics } from '../metrics.ts'
import { configurationPage } from '../reference/configuration-page.ts'
import { metricsPage } from '../reference/metrics-page.ts'
import { type Command, CommandError } from './command.ts'

const FOLDER = new URL('../../docs/', import.meta.url)

/**
 * `job-gateway reference` writes docs/configuration.md and docs/metrics.md from the code; `--check` only compares, and
 * fails when one is stale.
 */
export const reference: Command = async (args, { stdout }) => {
  const { values } = parseArgs({ args, options: { check: { type: 'boolean' } } })
  const config = complete(createMapping())
  const metrics = createMetrics({ current: () => config, version: '', instance: '', clock: systemClock })
  const pages = {
    'configuration.md': configurationPage(configJsonSchema()),
    'metrics.md': metricsPage(metrics.describe()),
  }
  for (const [name, text] of Object.entries(pages)) {
    const file = fileURLToPath(new URL(name, FOLDER))
    if (!values.check) {
      await writeFile(file, text)
      stdout.write(`${file}\n`)
    } else if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
      throw new CommandError(`${file} is not what the code says; run: npm run reference`)
    }
  }
}
