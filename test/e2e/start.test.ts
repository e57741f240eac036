import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import { startGateway, writeConfig } from '../support/gateway.ts'
import { type ProgramOptions, runProgram } from '../support/program.ts'

t.jobs = 2

const ELSEWHERE = { url: 'http://127.0.0.1:9' }
const jobs = { quick: { job_id: '11' } }
const env = { TEST_CLIENT_SECRET: 'simulated-secret' }

/** The program ends by itself, with nothing on standard error but `lines`; names of folders are left out. */
async function refuses(
  t: Test,
  args: string[],
  code: number,
  lines: (string | RegExp)[],
  options: ProgramOptions = {},
) {
  const ended = await runProgram(t, args, options)
  const told = ended.stderr.replaceAll(`${t.testdirName}/`, '').trimEnd().split('\n')
  t.match(told, lines)
  t.equal(told.length, lines.length, 'and no more')
  t.equal(ended.code, code, 'exit code')
  t.notMatch(ended.stdout, 'gateway.started')
}

/** A port that somebody else has. */
async function takePort(t: Test): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

t.test('a bad configuration: every problem with its file and path, and nothing is started', async (t) => {
  const folder = t.testdir({
    'gateway.yaml': `
server: { prot: 8080, drain_seconds: -1 }
ledger: { url: "sqlite:./data/runs.db" }
workspaces:
  main: { host: http://127.0.0.1:9, auth: { type: pat, token: { env: NOT_SET } } }
jobs:
  quick: { job_id: eleven }
include: [ "jobs.d/*.yaml" ]
`,
    'jobs.d': { 'more.yaml': 'jobs: { other: { workspace: elsewhere, job_id: "12" } }\n' },
  })
  await refuses(t, ['serve', '--config', join(folder, 'gateway.yaml')], 2, [
    /^gateway.yaml:2:11 server.prot: .*port/,
    /^gateway.yaml:2:23 server.drain_seconds: /,
    /^gateway.yaml:5:\d+ workspaces.main.auth.token: .*NOT_SET/,
    /^gateway.yaml:7:\d+ jobs.quick.job_id: /,
    /^jobs.d\/more.yaml:1:\d+ jobs.other.workspace: is no workspace; there are main/,
  ])
  t.notOk(existsSync(join(folder, 'data')), 'no ledger')
})

t.test('no configuration', async (t) => {
  const cwd = t.testdir()
  await refuses(t, ['serve'], 2, [/^\.\/gateway.yaml: cannot be read \(no such file\)/], { cwd })
  const env = { GATEWAY_CONFIG: 'other.yaml' }
  await refuses(t, ['serve'], 2, [/^other.yaml: cannot be read/], { cwd, env })
})

t.test('a wrong command or option', async (t) => {
  const usage = (await runProgram(t, ['--help'])).stdout
  t.match(usage, /^ +serve +run the gateway$/m)
  for (const args of [[], ['sreve']]) {
    t.match(await runProgram(t, args), { code: 2, stdout: '', stderr: usage }, `${args}`)
  }
  await refuses(t, ['serve', '--confg', 'x'], 2, [/--confg/])
  await refuses(t, ['serve', 'gateway.yaml'], 2, [/gateway\.yaml/])
  await refuses(t, ['demo', '--port', 'eighty'], 2, [/--port/])
  await refuses(t, ['simulate', '--port', '65536'], 2, [/--port/])
})

t.test('a port that is taken', async (t) => {
  const port = await takePort(t)
  const config = writeConfig(t, ELSEWHERE, { jobs, server: { port } })
  await refuses(t, ['serve', '--config', config], 1, [`127.0.0.1:${port}: another program uses it`], { env })
  t.notOk(existsSync(join(dirname(config), 'data', 'runs.db.owner')), 'the ledger is given back')
})

t.test('a port for metrics that is taken', async (t) => {
  const metrics_port = await takePort(t)
  const config = writeConfig(t, ELSEWHERE, { jobs, server: { metrics_port } })
  await refuses(t, ['serve', '--config', config], 1, [`127.0.0.1:${metrics_port}: another program uses it`], { env })
})

t.test('a ledger that another gateway has', async (t) => {
  const config = writeConfig(t, ELSEWHERE, { jobs })
  const first = await startGateway(t, config)
  await refuses(
    t,
    ['serve', '--config', config],
    1,
    [new RegExp(`data/runs.db is in use by process ${first.lines()[0]?.['pid']} on ${hostname()}; `)],
    { env },
  )
  t.match(await first.call('GET', '/readyz'), { status: 200 })
  first.signal('SIGKILL')
  await first.exited
  t.match(await (await startGateway(t, config)).call('GET', '/readyz'), { status: 200 }, 'free once it is dead')
})

t.test('a ledger that cannot be had', async (t) => {
  const refuse = (config: string, line: RegExp) => refuses(t, ['serve', '--config', config], 1, [line], { env })
  const config = (path: string) => writeConfig(t, ELSEWHERE, { jobs, ledger: { url: `sqlite:${path}` } })
  const folder = t.testdirName
  await refuse(config('gateway.yaml/data/runs.db'), /gateway.yaml\/data cannot be written/)

  const foreign = config('foreign.db')
  writeFileSync(join(folder, 'foreign.db'), 'no database at all, but the notes of somebody')
  await refuse(foreign, /foreign.db is no ledger/)
  const other = config('other.db')
  const database = new DatabaseSync(join(folder, 'other.db'))
  database.exec('create table t (a)')
  database.close()
  await refuse(other, /other.db is no ledger/)
})

t.test('a ledger of another instance', async (t) => {
  const config = writeConfig(t, ELSEWHERE, { jobs, server: { instance: 'blue' } })
  const gateway = await startGateway(t, config)
  gateway.signal('SIGTERM')
  t.equal(await gateway.exited, 0)
  writeFileSync(config, readFileSync(config, 'utf8').replace('"blue"', '"green"'))
  await refuses(t, ['serve', '--config', config], 1, [/belongs to instance "blue", .* says "green"/], { env })
})
