import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Value } from '@sinclair/typebox/value'
import fc from 'fast-check'
import t from 'tap'
import { ConfigError } from '../../src/config/problem.ts'
import { readConfig } from '../../src/config/read.ts'
import { ConfigFileSchema } from '../../src/config/schema.ts'
import { BASE } from '../support/config-files.ts'

const HASH = `sha256:${'A'.repeat(64)}`
const env = { TOKEN: 'x' }

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
    { numRuns: 30 },
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
    { numRuns: 66 },
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
    { numRuns: 250 },
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
      { numRuns: 250 },
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
