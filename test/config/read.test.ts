import { join } from 'node:path'
import t from 'tap'
import { findConfigFiles } from '../../src/config/read.ts'
import { BASE, readFiles } from '../support/config-files.ts'

const HASH = `sha256:${'A'.repeat(64)}`
const env = { TOKEN: 'x' }

t.test('the example of the design is read, with defaults, in one spelling', async (t) => {
  const yaml = `
server:
  instance: prod
  public_url: https://jobs.example.com/
  contact: platform-data@example.com
ledger: { url: sqlite:./data/runs.db, synchronous: full }
workspaces:
  main:
    host: https://adb-1234567890123456.7.azuredatabricks.net/?o=1234567890123456
    auth: { type: oauth-m2m, client_id: 0d2b, client_secret: { file: secret }, expires_on: 2027-01-31 }
    proxy: { url: "http://proxy:3128" }
    ca: { file: ca.pem }
job_defaults: { owner: data-platform, severity: ticket, expected_every: 26h, parameters: { region: { default: SUR } } }
jobs:
  nightly-load:
    workspace: main
    job_id: 281874479417551
    owner: risk-data
    parameters:
      day: { type: date, required: true }
      region: { type: string, enum: [NORTE, SUR] }
    pass_run_id_as: null
clients:
  control-m:
    profile: control-m
    keys: [ "${HASH}" ]
    jobs: [ "nightly-*" ]
    permissions: [ trigger, read ]
    date_input: yymmdd
    codes: { failed: 424 }
    limits: { triggers: { burst: 7 } }
`
  const result = await readFiles(t, { files: { 'gateway.yaml': yaml, secret: 'dose\n', 'ca.pem': 'x' } })
  if ('problems' in result) throw new Error(result.problems.join('\n'))
  const { config } = result
  const dir = t.testdirName
  t.match(config.server, { instance: 'prod', port: 8080, metrics_port: 9090, public_url: 'https://jobs.example.com' })
  t.equal(config.ledger.url, `sqlite:${join(dir, 'data/runs.db')}`, 'paths are seen from the file that names them')
  t.match(config.workspaces['main'], {
    host: 'https://adb-1234567890123456.7.azuredatabricks.net',
    allow_http: false,
    auth: { client_secret: { file: join(dir, 'secret') } },
    ca: { file: join(dir, 'ca.pem') },
  })
  t.match(config.jobs['nightly-load'], {
    workspace: 'main',
    job_id: '281874479417551',
    owner: 'risk-data',
    severity: 'ticket',
    expected_every: '26h',
    submit_deadline_seconds: 14_400,
    pass_run_id_as: null,
    parameters: {
      day: { type: 'date', required: true },
      region: { type: 'string', default: 'SUR', enum: ['NORTE', 'SUR'], required: false },
    },
  })
  const client = config.clients['control-m']
  t.match(client, { id: 'control-m', keys: [HASH.toLowerCase()], profile: 'control-m' })
  t.notOk('outcome' in (client ?? {}), 'what a client leaves out comes from its profile')
  t.same(
    client?.limits,
    { triggers: { per_second: 50, burst: 7 }, reads: { per_second: 1_000, burst: 5_000 }, waiters: 5_000 },
    'limits that are not given are the usual ones',
  )
})

t.test('only workspace, loopback: neither instance nor workspace need be written', async (t) => {
  const result = await readFiles(t, { files: { 'gateway.yaml': `${BASE}jobs: { a: { job_name: x } }` }, env })
  t.match(result, { config: { server: { instance: 'local' }, jobs: { a: { workspace: 'main' } } } })
})

t.test('names of JavaScript are names like others', async (t) => {
  const yaml = `${BASE}jobs: { constructor: { job_id: "1" }, toString: { job_id: "2" } }`
  const result = await readFiles(t, { files: { 'gateway.yaml': yaml }, env })
  if ('problems' in result) throw new Error(result.problems.join('\n'))
  t.equal(result.config.jobs['constructor']?.job_id, '1')
  t.equal(result.config.jobs['valueOf'], undefined)
})

t.test('of two files the later wins key by key; lists are replaced', async (t) => {
  const files = {
    'gateway.yaml': `${BASE}server: { port: 1, contact: a, trusted_proxies: [10.0.0.1, 10.0.0.2] }\njobs: { a: { job_id: "1", owner: x } }`,
    'site.yaml': 'server: { port: 2, trusted_proxies: [10.0.0.3] }\njobs: { a: { owner: y }, b: { job_id: "2" } }',
  }
  const result = await readFiles(t, { files, read: ['gateway.yaml', 'site.yaml'], env })
  t.match(result, {
    config: {
      server: { port: 2, contact: 'a', trusted_proxies: ['10.0.0.3'] },
      jobs: { a: { job_id: '1', owner: 'y' }, b: { job_id: '2' } },
    },
  })
})

t.test('a mistake is placed in the file that decides', async (t) => {
  const files = {
    'gateway.yaml': `server: { port: a, host: 1 }\n${BASE}`,
    'site.yaml': '\n\nserver:\n  port: b\nwatch: { x: 1 }',
  }
  const result = await readFiles(t, { files, read: ['gateway.yaml', 'site.yaml'], env })
  t.same('problems' in result && result.problems.map((line) => line.split(': ')[0]), [
    'gateway.yaml:1:20 server.host',
    'site.yaml:4:3 server.port',
    'site.yaml:5:10 watch.x',
  ])
})

t.test('sections without entries are sections left out', async (t) => {
  const result = await readFiles(t, { files: { 'gateway.yaml': `${BASE}jobs:\n# a:\nclients:\n` }, env })
  t.match(result, { config: { jobs: {}, clients: {} } })
})

t.test('files that cannot be read are all named, and nothing is guessed from what they do not say', async (t) => {
  const files = { 'a.yaml': 'jobs: [', 'd.d/x': '' }
  const result = await readFiles(t, { files, read: ['nope.yaml', 'a.yaml', 'd.d'] })
  t.same('problems' in result && result.problems, [
    'nope.yaml: cannot be read (no such file); --config or GATEWAY_CONFIG names another',
    'a.yaml:1:8: the indentation is wrong, or a closing bracket is missing; entries of one mapping or list start in one column',
    'd.d: cannot be read (it is a directory); --config or GATEWAY_CONFIG names another',
  ])
})

t.test('where the configuration is looked for', async (t) => {
  t.same(findConfigFiles(['a.yaml', 'b.yaml'], { GATEWAY_CONFIG: 'c.yaml' }), ['a.yaml', 'b.yaml'])
  t.same(findConfigFiles([], { GATEWAY_CONFIG: 'c.yaml' }), ['c.yaml'])
  t.same(findConfigFiles([], {}), ['./gateway.yaml'])
})
