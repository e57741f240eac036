import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { existsSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { startSimulator, writeConfig } from '../support/gateway.ts'
import { runProgram } from '../support/program.ts'
import { codesOf, M2M, readReport, runCheck, SECRETS } from './support/run-check.ts'

async function startGoodState(t: Test) {
  const tasks = [{ task_key: 'load', duration_ms: 1, pending_ms: 1 }]
  const parameters = [{ name: 'day', default: '' }]
  const simulator = await startSimulator(t, {
    jobs: [
      { job_id: '1', name: 'Load', tasks, parameters, cleanup_ms: 1 },
      { job_id: '2', name: 'Report', tasks, cleanup_ms: 1 },
    ],
  })
  const { url, credentials } = simulator
  for (const job_id of [1, 2]) {
    const headers = { authorization: `Bearer ${credentials.token}` }
    await fetch(`${url}/api/2.2/jobs/run-now`, { method: 'POST', headers, body: JSON.stringify({ job_id }) })
  }
  simulator.advance(60_000)
  simulator.clearCalls()
  const jobs = { load: { job_id: '1', parameters: { day: { type: 'date' } } }, report: { job_name: 'Report' } }
  return { simulator, file: writeConfig(t, simulator, { jobs, workspace: { auth: M2M } }) }
}

t.test('a good state: all well, exit code 0, and nothing is changed', async (t) => {
  const { simulator, file } = await startGoodState(t)
  const { code, stdout, stderr } = await runProgram(t, ['check', '--config', file], { env: SECRETS })
  const lines = stdout.trimEnd().split('\n')
  t.strictSame([code, stderr, lines.pop()], [0, '', 'All is well.'])
  t.match(lines, [
    /^✔ configuration {3}1 workspace, 2 jobs, 2 clients$/,
    /^✔ ledger {10}sqlite:.*runs\.db is made at the first start$/,
    /^✔ workspace main {2}direct · plain HTTP · clocks agree · oauth-m2m accepted, token for 60 min · secret good until/,
    /^✔ job load {8}"Load" \(1\) · parameters fit \(day\) · 1 at a time, more queue · .* · may be run, .* · last run ended well$/,
    /^✔ job report {6}"Report" \(2\) · no parameters · /,
  ])
  t.equal(lines.length, 5)
  const changing = Object.keys(simulator.counts()).filter((call) => !call.startsWith('GET '))
  t.strictSame(changing, ['POST /oidc/v1/token'])
  t.equal(simulator.runs().length, 2)
  t.notOk(existsSync(join(dirname(file), 'data')))
})

t.test('more jobs than the budget takes at once: the process lives until the last one was looked up', async (t) => {
  const { simulator } = await startGoodState(t)
  const names = ['a', 'b', 'c', 'd']
  const jobs = Object.fromEntries(names.map((name) => [name, { job_name: 'Report' }]))
  const file = writeConfig(t, simulator, { jobs, workspace: { auth: M2M, budget: { jobs_get: 4, jobs_list: 4 } } })
  const { code, stdout } = await runProgram(t, ['check', '--config', file], { env: SECRETS })
  t.equal(code, 0)
  for (const name of names) t.match(stdout, new RegExp(`^✔ job ${name} `, 'm'))
})

t.test('--json tells the same, each check apart', async (t) => {
  const { file } = await startGoodState(t)
  const { version, checked_at, ...report } = await readReport(t, file)
  t.match(version, /^\d+\.\d+\.\d+$/)
  t.ok(Math.abs(Date.parse(checked_at) - Date.now()) < 60_000)
  t.match(report, { ok: true, offline: false })
  const { findings } = report
  t.strictSame(codesOf({ findings }), [])
  t.strictSame(
    findings.filter(({ name }) => name === 'load').map(({ subject, check, status }) => [subject, check, status]),
    ['definition', 'parameters', 'concurrency', 'triggers', 'permission', 'queue', 'runs'].map((check) => [
      'job',
      check,
      'ok',
    ]),
  )
  t.strictSame(
    findings.filter(({ subject }) => subject === 'workspace').map(({ check }) => check),
    ['route', 'connection', 'clock', 'sign-in', 'secret'],
  )
})

t.test('--offline makes no connection', async (t) => {
  const { simulator, file } = await startGoodState(t)
  let connections = 0
  const count = () => void connections++
  subscribe('net.client.socket', count)
  t.teardown(() => unsubscribe('net.client.socket', count))
  const { code, stdout } = await runCheck(t, file, ['--offline'])
  t.equal(code, 0)
  t.match(stdout, /^· workspace main +Databricks is not asked \(--offline\)$/m)
  t.match(stdout, /^· job load +not looked up \(--offline\)$/m)
  t.match(stdout, /secret good until 2126-01-01/)
  t.strictSame([connections, simulator.counts()], [0, {}])
  await runCheck(t, file)
  t.ok(connections > 0, 'the count counts')
})

t.test('a configuration that cannot be used: all that is wrong with it, exit code 2', async (t) => {
  const { file } = await startGoodState(t)
  writeFileSync(file, 'jobs: { load: { job_id: x } }\nserver: { port: -1 }\n')
  const { code, stdout, stderr } = await runCheck(t, file)
  t.strictSame([code, stdout], [2, ''])
  t.match(stderr, /gateway\.yaml:1:\d+ jobs\.load\.job_id: /)
  t.match(stderr, /gateway\.yaml:2:\d+ server\.port: /)
  const { findings } = await readReport(t, file)
  t.equal(findings.length, stderr.split('\n').length)
  t.match(findings[0], { subject: 'configuration', code: 'configuration-invalid', message: /jobs\.load/ })
})

t.test('the program: exit code 1 with the count, 2 for wrong arguments', async (t) => {
  const { file } = await startGoodState(t)
  const env = { ...SECRETS, TEST_CLIENT_SECRET: 'no-longer-the-secret' }
  const refused = await runProgram(t, ['check', '--config', file], { env })
  t.strictSame([refused.code, refused.stderr], [1, '1 failed.\n'])
  t.match(refused.stdout, /^✘ workspace main +sign-in: .* → .*TEST_CLIENT_SECRET/m)
  t.match(await runProgram(t, ['check', '--ofline'], { env }), { code: 2, stderr: /--ofline/ })
})

t.test('stopped in the middle: it says so', async (t) => {
  const { simulator, file } = await startGoodState(t)
  simulator.setOptions({ latency_ms: 600_000 })
  const stop = new AbortController()
  const ended = runCheck(t, file, [], {}, stop)
  while (simulator.calls().length === 0) await new Promise((resolve) => setImmediate(resolve))
  stop.abort()
  t.match(await ended, { code: 1, stdout: '', stderr: 'Given up before it was through.' })
})
