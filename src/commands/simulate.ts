import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { readCatalogue } from '../simulator/catalogue.ts'
import type { JobDefinition } from '../simulator/definitions.ts'
import { createSimulator } from '../simulator/simulator.ts'

/** What a newcomer finds without a catalogue: a run that succeeds, one that fails in its second task, a slow one. */
const EXAMPLES: readonly JobDefinition[] = [
  {
    name: 'succeeds',
    parameters: [{ name: 'day', default: '1970-01-01' }],
    tasks: [{ task_key: 'main', duration_ms: 3_000, notebook_exit: '{"rows": 42}' }],
  },
  {
    name: 'fails',
    tasks: [
      { task_key: 'extract', duration_ms: 2_000 },
      {
        ...{ task_key: 'load', depends_on: [{ task_key: 'extract' }], duration_ms: 2_000 },
        ...{ outcome: 'failed', error: "AnalysisException: Table or view not found: 'sales'" },
      },
    ],
  },
  { name: 'slow', pending_ms: 30_000, tasks: [{ task_key: 'main', duration_ms: 600_000 }] },
]

/** Runs a simulated workspace until the signal aborts. Rejects on wrong arguments or catalogue, or a taken port. */
export async function simulate(args: string[], signal: AbortSignal): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string', default: '8181' },
      host: { type: 'string', default: '127.0.0.1' },
      catalogue: { type: 'string' },
    },
  })
  const jobs = values.catalogue === undefined ? EXAMPLES : await readCatalogue(values.catalogue)
  const simulator = await createSimulator({ port: Number(values.port), host: values.host, jobs })
  const { url, credentials } = simulator
  process.stdout.write(
    `Simulated Databricks workspace on ${url}, token ${credentials.token}; controls: curl ${url}/__simulator/\n`,
  )
  if (!signal.aborted) await once(signal, 'abort')
  await simulator.close()
}
