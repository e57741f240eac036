import t from 'tap'
import { LEAST, template, whyWithout } from './helm.ts'

const skip = whyWithout('helm')
const { config } = LEAST
const withConfig = (more: object) => ({ config: { ...config, ...more } })

/** Values over those that work, and what helm says of them. */
const CASES: [name: string, values: object, word: string | RegExp][] = [
  [
    'two on SQLite',
    { replicas: 2 },
    "replicas is 2, and an SQLite ledger is one process's: take 1, or name a PostgreSQL database in config.ledger.url",
  ],
  ['no image', { image: { repository: '' } }, 'image.repository is missing'],
  ['no instance', withConfig({ server: {} }), 'config.server.instance is missing'],
  ['no workspace', withConfig({ workspaces: {} }), 'config.workspaces is missing'],
  ['a workspace without its host', withConfig({ workspaces: { main: {} } }), 'config.workspaces.main.host is missing'],
  ['a ledger outside the claim', withConfig({ ledger: { url: 'sqlite:./runs.db' } }), 'take sqlite:/data/runs.db'],
  ['another database', withConfig({ ledger: { url: 'mysql://db' } }), 'or postgres://user@host/database'],
  ['a port', withConfig({ server: { instance: 'test', port: 80 } }), "config.server.port is the chart's own"],
  ['jobs that Helm would sort', withConfig({ jobs: {} }), 'config.jobs belongs into the catalogue'],
  ['an include', withConfig({ include: ['a.yaml'] }), "config.include is the chart's own"],
  [
    'defaults that Helm would sort',
    withConfig({ job_defaults: { parameters: { b: {}, a: {} } } }),
    'config.job_defaults.parameters has several',
  ],
  ['an ingress for no name', { ingress: { enabled: true } }, 'ingress.host is missing'],
  [
    'a scrape of no port',
    { serviceMonitor: { enabled: true }, metrics: { enabled: false } },
    'serviceMonitor.enabled needs metrics.enabled',
  ],
  ['an unknown value', { replicaCount: 2 }, "additional properties 'replicaCount' not allowed"],
  ['an unknown value further in', { image: { digst: '' } }, /\/image'?: additional properties 'digst' not allowed/],
  ['no number', { replicas: 'two' }, /\/replicas'?: got string, want .*integer/],
  ['a digest that is none', { image: { ...LEAST.image, digest: 'sha256:1' } }, /\/image\/digest'?: .*does not match/],
  ['a file that is not read', { catalogue: { 'jobs.yml': '' } }, /jobs\.yml/],
]

for (const [name, values, word] of CASES) {
  t.test(`refused: ${name}`, { skip }, async (t) => {
    const { status, stderr } = template({ ...LEAST, ...values })
    t.not(status, 0)
    t.match(stderr, word)
  })
}

t.test('everything that is wrong is said at once', { skip }, async (t) => {
  const { stderr } = template({})
  for (const word of ['image.repository', 'config.server.instance', 'config.workspaces']) {
    t.match(stderr, `- ${word} is missing: `)
  }
})

t.test('a workspace of the environment needs none in the configuration', { skip }, async (t) => {
  const values = { ...LEAST, ...withConfig({ workspaces: {} }), env: [{ name: 'DATABRICKS_HOST', value: 'https://a' }] }
  const { status, stderr } = template(values)
  t.equal(status, 0, stderr)
})
