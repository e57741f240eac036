import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Value } from '@sinclair/typebox/value'
import fc from 'fast-check'
import t from 'tap'
import { ConfigError } from '../../src/config/problem.ts'
import { findConfigFiles, readConfig } from '../../src/config/read.ts'
import { ConfigFileSchema } from '../../src/config/schema.ts'
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
job_defaults: { owner: data-platform, severity: ticket, parameters: { region: { default: SUR } } }
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

t.test('jobs and clients come from included files, each name from one', async (t) => {
  const files = {
    'gateway.yaml': `include: [jobs.d/*.yaml, clients.yaml]\n${BASE}jobs: { a: { job_id: "1" } }`,
    'jobs.d/b.yaml': 'jobs: { b: { job_id: "2" } }',
    'jobs.d/c.yaml': 'jobs: { c: { job_id: "3" } }',
    'jobs.d/notes.txt': 'not yaml: [',
    'clients.yaml': `clients: { x: { keys: ["${HASH}"], permissions: [read], jobs: ["*"] } }`,
  }
  t.match(await readFiles(t, { files, env }), {
    config: { jobs: { a: { job_id: '1' }, b: { job_id: '2' }, c: { job_id: '3' } }, clients: { x: { jobs: ['*'] } } },
  })
})

t.test('what goes wrong with included files', async (t) => {
  const files = {
    'gateway.yaml': `include: [jobs.d/*.yaml, nope.yaml, none.d/*.yaml]\n${BASE}jobs: { a: { job_id: "1" } }`,
    'jobs.d/b.yaml': 'jobs:\n  a: { job_id: "2" }\n  b: { job_id: "2" }\nserver: { port: 1 }\ninclude: [c.yaml]',
    'jobs.d/c.yaml': 'jobs:\n  b: { job_id: "2", ownr: x }\nclients: []',
  }
  const result = await readFiles(t, { files, env })
  t.same('problems' in result && result.problems, [
    'gateway.yaml:1:26 include[1]: there is no file nope.yaml',
    'jobs.d/b.yaml:2:3 jobs.a: is in gateway.yaml already; keep one of the two',
    'jobs.d/b.yaml:4:1 server: does not belong here: an included file holds only jobs and clients',
    'jobs.d/b.yaml:5:1 include: does not belong here: an included file holds only jobs and clients',
    'jobs.d/c.yaml:2:3 jobs.b: is in jobs.d/b.yaml already; keep one of the two',
    'jobs.d/c.yaml:2:21 jobs.b.ownr: is no known key; did you mean owner?',
    'jobs.d/c.yaml:3:1 clients: must be a mapping of names',
  ])
})

t.test('a later file changes one key of an included job', async (t) => {
  const files = {
    'gateway.yaml': `include: [jobs.d/*.yaml]\n${BASE}`,
    'jobs.d/a.yaml': 'jobs: { a: { job_id: "1", owner: x } }',
    'test.yaml': 'jobs: { a: { job_id: "2" } }',
  }
  const result = await readFiles(t, { files, read: ['gateway.yaml', 'test.yaml'], env })
  t.match(result, { config: { jobs: { a: { job_id: '2', owner: 'x' } } } })
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

const name = fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/)

t.test('property: merging files is merging their jobs key by key, in order', async (t) => {
  const job = fc.record(
    { job_id: fc.constantFrom('1', '2'), owner: name, rerun_allowed: fc.constantFrom(['new'], ['replay', 'new']) },
    { requiredKeys: ['job_id'] },
  )
  const file = fc.dictionary(fc.constantFrom('a', 'b', 'constructor'), job)
  await fc.assert(
    fc.asyncProperty(fc.array(file, { minLength: 1, maxLength: 3 }), async (contents) => {
      const dir = t.testdir(
        Object.fromEntries(
          contents.map((jobs, i) => [`${i}.yaml`, JSON.stringify({ jobs })]).concat([['base.yaml', BASE]]),
        ),
      )
      const files = ['base.yaml', ...contents.keys().map((i) => `${i}.yaml`)].map((file) => join(dir, file))
      const { config } = await readConfig({ files, env })
      const names = new Set(contents.flatMap((jobs) => Object.keys(jobs)))
      t.same(new Set(Object.keys(config.jobs)), names)
      for (const name of names) {
        t.match(
          config.jobs[name],
          Object.assign({}, ...contents.map((jobs) => (Object.hasOwn(jobs, name) ? jobs[name] : {}))),
        )
      }
    }),
    { numRuns: 50 },
  )
})

t.test('property: a literal secret never shows in a problem, wherever it stands by mistake', async (t) => {
  const secret = 'dose1c0ffee'
  const place = fc.constantFrom(
    `workspaces: { main: { host: "http://localhost", auth: ${secret} } }`,
    `workspaces: { main: { host: "http://localhost", auth: { ${secret} } } }`,
    `workspaces: { main: { host: "http://localhost", auth: { type: ${secret} } } }`,
    `workspaces: { main: { host: "http://localhost", auth: { type: pat, token: ${secret} } } }`,
    `workspaces: { main: { host: "http://localhost", auth: { type: pat, token: [${secret}] } } }`,
    `workspaces: { main: { host: "http://localhost", auth: { type: pat, token: { env: TOKEN, value: ${secret} } } } }`,
    `workspaces: { main: { host: "http://localhost", auth: { type: pat, token: { env: TOKEN }, expires_on: ${secret} } } }`,
    `workspaces: { main: { host: "https://u:${secret}@localhost", auth: { type: pat, token: { env: TOKEN } } } }`,
    `clients: { a: { keys: [${secret}], permissions: [read] } }`,
    `clients: { a: { keys: ${secret}, permissions: [read] } }`,
    `clients: { a: { keys: { ${secret}: 1 }, permissions: [read] } }`,
  )
  const breakage = fc.constantFrom('', '\n}', '\n  - x', '\n\tx: 1', '\njobs: "', '\n*x', '\n%x', ' !!x y', '\njobs: {')
  await fc.assert(
    fc.asyncProperty(place, breakage, async (yaml, end) => {
      const dir = t.testdir({ 'gateway.yaml': yaml + end })
      const error = await readConfig({ files: [join(dir, 'gateway.yaml')], env }).catch((error: unknown) => error)
      t.ok(error instanceof ConfigError, yaml)
      t.notMatch(String(error), secret, yaml)
    }),
    { numRuns: 99 },
  )
})

t.test('property: no text leads to anything but a configuration or a ConfigError', async (t) => {
  const dir = t.testdir({})
  const token = fc.oneof(
    fc.constantFrom('jobs', 'clients', 'server', 'workspaces', 'auth', 'include', 'parameters', '__proto__', 'keys'),
    fc.constantFrom(
      ': ',
      '\n',
      '\n  ',
      '- ',
      '{ ',
      ' }',
      '[',
      ']',
      ', ',
      '&a ',
      '*a',
      '!!set ',
      '? ',
      '"',
      "'",
      '|',
      '\t',
    ),
    fc.constantFrom(
      '<<',
      '1',
      '0x1',
      '.inf',
      'null',
      '~',
      'true',
      '%YAML 1.1\n---\n',
      '...',
      '#',
      '2026-01-01',
      '1e999',
    ),
    fc.string({ unit: 'binary', maxLength: 5 }),
  )
  const file = join(dir, 'gateway.yaml')
  await fc.assert(
    fc.asyncProperty(fc.array(token, { maxLength: 25 }), async (tokens) => {
      await writeFile(file, tokens.join(''))
      const error = await readConfig({ files: [file], env }).catch((error: unknown) => error)
      if (error instanceof Error && !(error instanceof ConfigError)) throw error
    }),
    { numRuns: 500 },
  )
})

t.test(
  'property: any value in any place is either refused or leads to a configuration of the declared type',
  async (t) => {
    const good = {
      server: { port: 1, trusted_proxies: ['10.0.0.1'], metrics_port: null },
      ledger: { url: 'sqlite:a' },
      workspaces: {
        main: { host: 'http://localhost', auth: { type: 'pat', token: { env: 'TOKEN' } }, ca: { file: 'a' } },
      },
      job_defaults: { owner: 'x', parameters: { day: { type: 'date' } } },
      jobs: { a: { job_id: '1', parameters: { n: { type: 'integer', enum: [1], default: 1, pattern: 'a' } } } },
      profiles: { own: { outcome: 'http' } },
      watch: { min_interval_seconds: 1 },
      clients: { x: { keys: [HASH], permissions: ['read'], jobs: ['a'], profile: 'own', codes: { failed: 500 } } },
    }
    const leaf = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom(null, '', 0, -1, 1e300, 2 ** 53, [], {}, [[]], { type: 'pat' }, 'x', true, { ['__proto__']: 1 }),
    )
    const steps = fc.array(fc.nat(), { maxLength: 6 })
    const file = join(t.testdir({ a: '' }), 'gateway.yaml')
    await fc.assert(
      fc.asyncProperty(steps, leaf, async (steps, value) => {
        await writeFile(file, JSON.stringify(replaceAt(good, steps, value)))
        const result = await readConfig({ files: [file], env }).catch((error: unknown) => error)
        if (result instanceof ConfigError) return
        if (result instanceof Error) throw result
        const { config } = result as Awaited<ReturnType<typeof readConfig>>
        t.same([...Value.Errors(ConfigFileSchema, config)], [])
      }),
      { numRuns: 500 },
    )
  },
)

/** A copy with one value replaced: each step chooses one of the entries there are. */
function replaceAt(value: unknown, [step, ...steps]: number[], replacement: unknown): unknown {
  if (step === undefined || typeof value !== 'object' || value === null) return replacement
  const keys = Object.keys(value)
  const key = keys[step % keys.length]
  const entries = Object.entries(value).map(([name, child]) => [
    name,
    name === key ? replaceAt(child, steps, replacement) : child,
  ])
  return Array.isArray(value) ? entries.map(([, child]) => child) : Object.fromEntries(entries)
}
