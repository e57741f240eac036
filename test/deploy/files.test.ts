import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { parse, stringify } from 'yaml'
import { CHART, render, run, whyWithout } from './helm.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** Helm packs no file from outside of the chart, so it has copies. */
const COPIES = [
  { from: 'prometheus/*.yaml', to: 'files/prometheus', isMeant: (text: string) => parse(text).groups !== undefined },
  { from: 'grafana/dashboards/*.json', to: 'files/dashboards', isMeant: () => true },
]

/** Texts by file name. */
function read(folder: string, pattern: string): Record<string, string> {
  const files = globSync(pattern, { cwd: folder }).sort()
  return Object.fromEntries(files.map((file) => [file.split('/').at(-1), readFileSync(join(folder, file), 'utf8')]))
}

for (const { from, to, isMeant } of COPIES) {
  t.test(`${to} is ${from}`, async (t) => {
    const originals = Object.entries(read(ROOT, from)).filter(([, text]) => isMeant(text))
    const copies = read(CHART, `${to}/*`)
    const cure = `cp ${originals.map(([name]) => from.replace(/[^/]+$/, name)).join(' ')} helm/databricks-job-gateway/${to}/`
    t.same(
      Object.keys(copies),
      originals.map(([name]) => name),
      cure,
    )
    for (const [name, text] of originals) t.ok(copies[name] === text, `${name} is the same, else: ${cure}`)
  })
}

const everything = () => render('examples/everything.yaml')

t.test('Prometheus takes the rules', { skip: whyWithout('helm') || whyWithout('promtool') }, async (t) => {
  const rule = everything().find(({ kind }) => kind === 'PrometheusRule')
  t.match(rule?.metadata.labels, { release: 'prometheus' })
  const folder = t.testdir({ 'rules.yaml': stringify(rule?.spec) })
  const { status, stdout, stderr } = run('promtool', ['check', 'rules', join(folder, 'rules.yaml')])
  t.equal(status, 0, stdout + stderr)
  const shipped = Object.values(read(CHART, 'files/prometheus/*')).flatMap((text) => parse(text).groups)
  t.same(rule?.spec, { groups: shipped }, 'all of them, as they are')
})

t.test('Grafana is given each board', { skip: whyWithout('helm') }, async (t) => {
  const maps = everything().filter(({ metadata }) => metadata.labels['grafana_dashboard'] === '1')
  const given = Object.assign({}, ...maps.map((map) => map.data))
  t.same(given, read(CHART, 'files/dashboards/*'))
  for (const { metadata } of maps) t.match(metadata.annotations, { grafana_folder: 'Databricks' })
})
