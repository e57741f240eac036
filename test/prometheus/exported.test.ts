import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import { buildDashboards } from '../../grafana/build.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { writeCertificate } from '../support/certificate.ts'
import { type Gateway, startGateway, startSimulator, writeConfig } from '../support/gateway.ts'
import { readSamples } from '../support/metric-samples.ts'
import { readQuery } from './read-query.ts'
import { RULE_FILES } from './rule-files.ts'

/** What a scrape adds; `le` is that of buckets. */
const TARGET_LABELS = ['job', 'instance', 'pod', 'namespace', 'le']

type Exported = Map<string, Set<string>>

interface Asked {
  by: string
  query: string
}

/** The labels of each metric that the program shows once it has done everything that the metrics tell of. */
async function scrapeProgram(t: Test): Promise<Exported> {
  const simulator = await startSimulator(t, {
    jobs: [
      { job_id: '1', name: 'load', tasks: [{ task_key: 'load', duration_ms: 10 }] },
      { job_id: '2', name: 'slow', tasks: [{ task_key: 'load', duration_ms: 600_000 }] },
    ],
  })
  const gateway = await startGateway(
    t,
    writeConfig(t, simulator, {
      jobs: { load: { job_id: '1', owner: 'risk-data', expected_every: '26h' }, slow: { job_id: '2' } },
      clients: { other: { permissions: ['trigger', 'admin'] } },
      workspace: {
        auth: {
          type: 'oauth-m2m',
          client_id: 'simulated-client',
          client_secret: { env: 'TEST_CLIENT_SECRET' },
          expires_on: '2099-01-31',
        },
      },
    }),
  )
  simulator.addFault({ path: '/api/2.2/jobs/run-now', status: 503 })
  const { body: load } = await gateway.trigger('load')
  await gateway.ended(load.id)
  const { body: slow } = await gateway.trigger('slow')
  await gateway.call('POST', `/runs/${slow.id}/cancel`)
  await gateway.ended(slow.id)
  await gateway.call('GET', '/runs', { client: null })
  await gateway.call('POST', '/admin/pause', { client: 'other', body: { job: 'load', mode: 'refuse' } })
  await gateway.trigger('load')

  const exported: Exported = new Map()
  for (const { metricsUrl } of [gateway, await startSecured(t, simulator)]) {
    const text = await (await fetch(`${metricsUrl}/metrics`)).text()
    for (const { name, labels } of readSamples(text))
      exported.set(name, (exported.get(name) ?? new Set()).union(new Set(Object.keys(labels))))
  }
  return exported
}

/** A gateway with a certificate of its own. */
async function startSecured(t: Test, simulator: Simulator): Promise<Gateway> {
  const tls = { certificate: { file: 'cert.pem' }, key: { file: 'key.pem' } }
  const file = writeConfig(t, simulator, { server: { tls }, jobs: { load: { job_id: '1' } } })
  writeCertificate(dirname(file))
  return startGateway(t, file)
}

interface RuleFile {
  groups: { rules: { record?: string; alert?: string; expr: string }[] }[]
}
const readRules = (file: string) => (parse(readFileSync(file, 'utf8')) as RuleFile).groups.flatMap(({ rules }) => rules)

/** A recorded metric has the labels of those that it is made of. */
function addRecorded(exported: Exported): void {
  for (const { record, expr } of readRules(RULE_FILES.rules)) {
    const of = readQuery(expr).selectors.map(({ metric }) => exported.get(metric) ?? new Set<string>())
    if (record !== undefined)
      exported.set(
        record,
        of.reduce((all, labels) => all.union(labels), new Set<string>()),
      )
  }
}

/** What Grafana puts in the place of its own words. */
const fillIn = (query: string) =>
  query.replaceAll(/\$__(?:rate_interval|range|interval)/g, '5m').replaceAll(/\$\w+/g, '.*')

function askedByBoards(): Asked[] {
  return buildDashboards().flatMap(({ json }) => {
    const { title: board, panels, templating } = JSON.parse(json)
    const panelQueries = panels.flatMap(({ title, targets = [] }: { title: string; targets?: { expr: string }[] }) =>
      targets.map(({ expr }) => ({ by: `${board}: ${title}`, query: fillIn(expr) })),
    )
    const variableQueries = templating.list.flatMap(({ name, definition }: { name: string; definition?: string }) => {
      const [, selector, label] = /^label_values\((.*), (\w+)\)$/.exec(definition ?? '') ?? []
      return selector ? [{ by: `${board}: variable ${name}`, query: `group by (${label}) (${fillIn(selector)})` }] : []
    })
    return [...panelQueries, ...variableQueries]
  })
}

const askedByRules = (): Asked[] =>
  Object.values(RULE_FILES).flatMap((file) =>
    readRules(file).map(({ record, alert, expr }) => ({ by: `${record ?? alert}`, query: expr })),
  )

t.test('every rule, alert and board asks for metrics and labels that the program shows', async (t) => {
  const exported = await scrapeProgram(t)
  addRecorded(exported)
  for (const { by, query } of [...askedByRules(), ...askedByBoards()]) {
    const { selectors, grouping, error } = readQuery(query)
    t.equal(error, undefined, `${by}: ${query}`)
    t.not(selectors.length, 0, `${by} asks for something`)
    const known = new Set(TARGET_LABELS)
    for (const { metric, labels } of selectors) {
      const own = exported.get(metric)
      t.ok(own, `${by}: ${metric} is exported`)
      t.same(
        labels.filter((label) => !own?.has(label) && !TARGET_LABELS.includes(label)),
        [],
        `${by}: labels of ${metric}`,
      )
      for (const label of own ?? []) known.add(label)
    }
    t.same(
      grouping.filter((label) => !known.has(label)),
      [],
      `${by}: labels to group by in ${query}`,
    )
  }
})
