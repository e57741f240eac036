import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { createSimulator } from '../../src/simulator/simulator.ts'
import { FACTS } from './contract.ts'
import { OPEN_POINTS } from './open-points.ts'
import { createRuns } from './runs.ts'
import { readSettings } from './settings.ts'
import { openSubject } from './subject.ts'

// The simulated workspace keeps what a real one is held to by `npm run test:live`.
const simulator = await createSimulator({
  jobs: [
    {
      job_id: '1001',
      name: 'Harmless',
      pending_ms: 0,
      cleanup_ms: 0,
      tasks: [
        { task_key: 'first', duration_ms: 1_000 },
        { task_key: 'second', depends_on: [{ task_key: 'first' }], duration_ms: 0 },
      ],
    },
  ],
})
const { client_id, client_secret } = simulator.credentials
const settings = readSettings({
  DATABRICKS_HOST: simulator.url,
  DATABRICKS_CLIENT_ID: client_id,
  DATABRICKS_CLIENT_SECRET: client_secret,
  LIVE_JOB_ID: '1001',
})
if ('missing' in settings) throw new Error(settings.missing)
const subject = openSubject({ ...settings, pollMs: 20 })
const runs = createRuns(subject)
t.teardown(async () => {
  await subject.close()
  await simulator.close()
})

for (const { name, check } of FACTS) t.test(name, () => check(subject, runs))

for (const { question, look } of OPEN_POINTS) {
  if (look) t.test(question, async (t) => t.match(await look(subject, runs), /\S/))
}

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))

/** `npm run test:live` with nothing of an environment but this. */
function runLive(env: NodeJS.ProcessEnv): Promise<{ code: number; stdout: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [MAIN], { env }, (_, stdout) =>
      resolve({ code: child.exitCode ?? -1, stdout }),
    )
  })
}

t.test('without a job that may be started nothing is run, and it says so', async (t) => {
  const env = { DATABRICKS_HOST: simulator.url, DATABRICKS_TOKEN: simulator.credentials.token }
  const before = simulator.calls().length
  t.match(await runLive(env), { code: 0, stdout: /^test:live was not run: LIVE_JOB_ID / })
  t.equal(simulator.calls().length, before, 'nobody is asked')
})

t.test('a workspace that refuses us: one line, exit code 1', async (t) => {
  const env = { DATABRICKS_HOST: simulator.url, DATABRICKS_TOKEN: 'another-token', LIVE_JOB_ID: '1001' }
  const { code, stdout } = await runLive(env)
  t.equal(code, 1)
  t.match(stdout, /^✘ jobs\/get .*: Unauthorized access\.$/m)
  t.notMatch(stdout, 'another-token')
})

t.test('the variables', async (t) => {
  const job = { LIVE_JOB_ID: '7' }
  const client = { DATABRICKS_CLIENT_ID: 'id', DATABRICKS_CLIENT_SECRET: 'secret' }
  t.match(readSettings({ ...job, ...client, DATABRICKS_HOST: 'adb-1.azuredatabricks.net/?o=1' }), {
    jobId: '7',
    workspace: { host: 'https://adb-1.azuredatabricks.net', workspace_id: '1', auth: { type: 'oauth-m2m' } },
  })
  const host = { DATABRICKS_HOST: 'https://adb-1.azuredatabricks.net' }
  const pat = readSettings({ ...job, ...host, DATABRICKS_TOKEN: 'token' })
  t.match(pat, { workspace: { auth: { type: 'pat', token: { env: 'DATABRICKS_TOKEN' } } } })
  for (const [env, missing] of [
    [{}, /^LIVE_JOB_ID/],
    [{ LIVE_JOB_ID: 'nightly' }, /^LIVE_JOB_ID/],
    [job, /^DATABRICKS_HOST/],
    [{ ...job, ...host, DATABRICKS_CLIENT_ID: 'id' }, /^DATABRICKS_CLIENT_SECRET/],
  ] as const)
    t.match(readSettings(env), { missing })
})
