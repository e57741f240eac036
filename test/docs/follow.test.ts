import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { createSimulator } from '../../src/simulator/simulator.ts'
import { createReader } from './reader.ts'

t.jobs = 2

const DOCS = fileURLToPath(new URL('../../docs/', import.meta.url))
const hasCurl = spawnSync('curl', ['--version']).status === 0
const skip = !hasCurl && !process.env['CI'] && 'no curl on this machine'

/** The end of the secret on the pages is a day in the future; this one stays so. */
const END_OF_SECRET = '2028-11-20'
const NEXT_YEAR = `${new Date().getFullYear() + 1}-12-31`

/** A port that was free a moment ago. */
async function findPort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return String(port)
}

/** A simulated workspace that is what the pages say of the reader's own, and a reader. */
async function prepare(t: Test) {
  const simulator = await createSimulator({
    jobs: [
      {
        job_id: '281874479417551',
        name: 'Nightly load',
        parameters: [{ name: 'day', default: '' }],
        pending_ms: 0,
        tasks: [{ task_key: 'load', duration_ms: 500 }],
      },
    ],
    credentials: { client_id: '0d2b6f0e-5a3c-4c1e-9d57-3f1f3d0c8a11', client_secret: 'the secret of the principal' },
  })
  t.teardown(() => simulator.close())
  const printed = (pattern: RegExp) => (steps: readonly { output: string }[]) =>
    steps.map(({ output }) => pattern.exec(output)?.[0]).findLast((match) => match !== undefined) ?? ''
  const reader = createReader(t, {
    values: {
      'https://adb-1234567890123456.7.azuredatabricks.net': simulator.url,
      [END_OF_SECRET]: NEXT_YEAR,
      'sha256:…': printed(/sha256:[0-9a-f]{64}/),
      'gw_…': printed(/gw_[\w-]{43}/),
      '8080': await findPort(),
      '9090': await findPort(),
    },
    pasted: () => simulator.credentials.client_secret,
  })
  return { simulator, reader }
}

for (const page of ['getting-started.md', 'es/inicio-rapido.md']) {
  t.test(`${page}, word by word`, { skip }, async (t) => {
    const { simulator, reader } = await prepare(t)
    const steps = await reader.follow(page)
    const told = (part: string) => steps.filter(({ block }) => block.includes(part)).map(({ output }) => output)

    t.match(told(' check '), [/^✔ workspace main .*^✔ job nightly-load .*^All is well\.$/ms])
    const [, shown] = /^```text\n(.*?)^```$/ms.exec(readFileSync(join(DOCS, page), 'utf8')) ?? []
    // What is the reader's own, and what a simulated workspace has not.
    const printed = told(' check ')[0]
      ?.replace(reader.home, '/home/me')
      .replace('plain HTTP', 'TLS, certificate by "…"')
      .replace(NEXT_YEAR, END_OF_SECRET)
    if (shown) t.equal(printed, shown)
    const [rehearsal = '', waited = '', again = ''] = told('-X POST').map((output) => JSON.parse(output))
    t.match(rehearsal, { would: String }, 'the rehearsal')
    t.match(waited, { state: 'SUCCEEDED', result: 'OK', replayed: false, parameters: { day: '2026-11-22' } })
    t.match(again, { id: waited.id, replayed: true })
    t.equal(simulator.runs().length, 1, 'one run')
    t.match(told('/await?'), [
      new RegExp(`"id":"${waited.id}".*"state":"SUCCEEDED".*}${waited.id} nightly-load SUCCEEDED OK `, 's'),
    ])
    for (const output of told('/metrics')) t.match(output, / 1\n$/)
    const secret = simulator.credentials.client_secret
    t.equal(readFileSync(join(reader.home, 'job-gateway/secrets/databricks'), 'utf8'), `${secret}\n`)
    t.notOk(
      steps.some(({ output }) => output.includes(secret)),
      'the secret shows nowhere',
    )
  })
}

t.test('operations.md: the client secret is replaced while the gateway runs', { skip }, async (t) => {
  const { simulator, reader } = await prepare(t)
  await reader.follow('getting-started.md')
  simulator.changeCredentials({ client_secret: 'the second secret of the principal' })
  simulator.revokeTokens()
  const steps = await reader.follow('operations.md', 'The client secret')
  t.match(steps.at(1)?.output, /^All is well\.$/m)
  t.match(steps.at(2)?.output, /^job_gateway_databricks_access_token_expiry_timestamp_seconds\{workspace="main"\} \d+/m)
  const [last] = (await reader.follow('getting-started.md', '7. The first trigger')).slice(-1)
  t.match(last?.output, / 1\n$/, 'the same key: still one run')
})
