import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { hashKey } from '../config/key-hash.ts'
import { readConfig } from '../config/read.ts'
import { createSimulator, type Simulator } from '../simulator/simulator.ts'
import type { Command } from './command.ts'
import { DEMO_JOBS } from './demo-jobs.ts'
import { readPort } from './port.ts'
import { start } from './serve.ts'

/** Known to everybody: it opens nothing but a simulated workspace. */
const DEMO_KEY = 'demo-key'

/** Runs a simulated workspace and a gateway in front of it, and shows the calls to try. Writes to a temporary folder only. */
export const demo: Command = async (args, { env, stdout, signal }) => {
  const { values } = parseArgs({
    args,
    options: { port: { type: 'string', default: '8080' }, host: { type: 'string', default: '127.0.0.1' } },
  })
  // The metrics have the next one.
  const port = readPort(values.port, 65_534)
  const simulator = await createSimulator({ jobs: DEMO_JOBS })
  const folder = await mkdtemp(join(tmpdir(), 'job-gateway-demo-'))
  try {
    const file = join(folder, 'gateway.yaml')
    await writeFile(file, writeConfig(simulator, folder, { host: values.host, port }))
    const secrets = { DEMO_CLIENT_SECRET: simulator.credentials.client_secret }
    const demoEnv = { LOG_LEVEL: 'warn', ...env, ...secrets }
    const { config } = await readConfig({ files: [file], env: demoEnv })
    const app = await start({ config, env: demoEnv })
    stdout.write(describe(app.url, app.metricsUrl ?? app.url, file))
    if (!signal.aborted) await once(signal, 'abort')
    await app.stop()
  } finally {
    await simulator.close()
    await rm(folder, { recursive: true, force: true })
  }
}

function writeConfig(
  { url, credentials }: Simulator,
  folder: string,
  { host, port }: { host: string; port: number },
): string {
  return `server:
  instance: demo
  host: ${JSON.stringify(host)}
  port: ${port}
  metrics_port: ${port === 0 ? 0 : port + 1}
  drain_seconds: 0
ledger: { url: ${JSON.stringify(`sqlite:${join(folder, 'runs.db')}`)} }
workspaces:
  simulated:
    host: ${url}
    auth: { type: oauth-m2m, client_id: ${credentials.client_id}, client_secret: { env: DEMO_CLIENT_SECRET } }
watch: { min_interval_seconds: 0.5, max_interval_seconds: 5 }
job_defaults: { owner: demo-team }
jobs:
  nightly-load:
    job_id: "1001"
    description: Loads the sales of one day
    parameters:
      day: { type: date, required: true, description: Day to load }
      region: { type: string, enum: [NORTE, SUR], default: NORTE }
  broken-load:
    job_id: "1002"
    description: Fails in its second task
  slow-load:
    job_id: "1003"
    description: Takes two minutes
clients:
  demo:
    keys: [ "${hashKey(DEMO_KEY)}" ]
    jobs: [ "*" ]
    permissions: [ trigger, read, output, cancel, repair, metrics ]
`
}

function describe(url: string, metricsUrl: string, file: string): string {
  return `
The gateway runs on ${url}, in front of a simulated Databricks workspace.
Its configuration: ${file}

Start a job. The same call again starts nothing and answers the same run:
  curl -X POST -H 'X-API-Key: ${DEMO_KEY}' '${url}/trigger/nightly-load?key=load-1&p.day=2026-11-22'

Start it and wait for its end; the second one fails, and says why:
  curl -X POST -H 'X-API-Key: ${DEMO_KEY}' '${url}/trigger/nightly-load?p.day=2026-11-22&wait=30'
  curl -X POST -H 'X-API-Key: ${DEMO_KEY}' '${url}/trigger/broken-load?wait=30'

Let the status code tell how it ended (200 or 424), in one word:
  curl -i -X POST -H 'X-API-Key: ${DEMO_KEY}' '${url}/trigger/broken-load?wait=30&outcome=http&format=text'

Read the run of a key, the last runs, the catalogue and the metrics:
  curl -H 'X-API-Key: ${DEMO_KEY}' '${url}/run?job=nightly-load&key=load-1'
  curl -H 'X-API-Key: ${DEMO_KEY}' '${url}/runs?format=text'
  curl -H 'X-API-Key: ${DEMO_KEY}' '${url}/jobs'
  curl -s '${metricsUrl}/metrics' | grep job_gateway_runs_finished_total

Documentation to read and try: ${url}/docs (key: ${DEMO_KEY})
Ctrl-C ends both.
`
}
