import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import manifest from '../../package.json' with { type: 'json' }
import { CHART, EXAMPLES, render, run, template, whyWithout } from './helm.ts'
import { refusalOf } from './kubernetes.ts'

const skip = whyWithout('helm')

t.test('the chart is of this version', async (t) => {
  const chart = parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8'))
  t.equal(chart.appVersion, manifest.version)
})

for (const example of EXAMPLES) {
  t.test(example, { skip }, async (t) => {
    const lint = run('helm', ['lint', '--strict', '--values', example, '.'])
    t.equal(lint.status, 0, lint.stdout + lint.stderr)
    t.equal(refusalOf(t, render(example)), undefined, 'Kubernetes takes every object')
  })
}

t.test('what Kubernetes would not take is noticed', { skip }, async (t) => {
  const [service] = render('examples/sqlite.yaml').filter(({ kind }) => kind === 'Service')
  t.ok(service)
  const refusal = (spec: object) => service && refusalOf(t, [{ ...service, spec }])
  t.match(refusal({ ports: [{ prot: 80 }] }), /^Service gateway-databricks-job-gateway: .*'"prot"' does not exist/)
  t.match(refusal({ ports: [{}] }), /'"port"' is missing/)
  t.match(refusal({ ports: [{ port: '80' }] }), /'string' is not assignable to type 'number'/)
})

t.test('what is packed is what was seen', { skip }, async (t) => {
  const folder = t.testdir()
  const { status, stderr } = run('helm', ['package', '.', '--destination', folder])
  t.equal(status, 0, stderr)
  const packed = template('examples/everything.yaml', join(folder, 'databricks-job-gateway-0.1.0.tgz'))
  t.equal(packed.stdout, template('examples/everything.yaml').stdout)
})

t.test('what is installed can be seen, and what to do next', { skip }, async (t) => {
  const notes = (example: string) =>
    run('helm', ['install', 'gateway', '.', '--dry-run=client', '--namespace', 'jobs', '--values', example])
  const { status, stdout, stderr } = notes('examples/sqlite.yaml')
  t.equal(status, 0, stderr)
  t.match(stdout, /instance prod, 1 × on SQLite\./)
  t.match(stdout, 'kubectl exec --namespace jobs deploy/gateway-databricks-job-gateway -- job-gateway check')
  t.match(stdout, 'The ledger is on the claim gateway-databricks-job-gateway-data')
  const several = notes('examples/postgres.yaml').stdout
  t.match(several, '2 × on PostgreSQL.')
  t.match(several, /For callers +https:\/\/jobs\.example\.com/)
})
