import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { parse } from 'yaml'
import type { AlertCase } from './alerts/case.ts'
import { GATEWAY_CASES } from './alerts/gateway.ts'
import { OWNER_CASES } from './alerts/owners.ts'
import { PAUSE_CASES } from './alerts/pauses.ts'
import { PLATFORM_CASES } from './alerts/platform.ts'
import { noPromtool, RULE_FILES } from './rule-files.ts'

const CASES = [...PLATFORM_CASES, ...GATEWAY_CASES, ...PAUSE_CASES, ...OWNER_CASES]
const LINKS = { job_gateway_url: 'https://jobs.test', job_gateway_docs_url: 'https://git.test/job-gateway' }

interface Rule {
  alert: string
  labels: Record<string, string>
  annotations: Record<string, string>
}
const { groups } = parse(readFileSync(RULE_FILES.alerts, 'utf8')) as { groups: { name: string; rules: Rule[] }[] }
const rules = groups.flatMap(({ rules }) => rules)

/** In promtool's words: one story, the alerts that it raises with their labels and texts, and the two links. */
function toTest({ alert, when, series, minute, fires }: AlertCase) {
  const isOwners = alert.startsWith('DatabricksJob')
  const exp_alerts = fires.map(({ labels, summary, description }) => ({
    exp_labels: { audience: isOwners ? 'owner' : 'platform', ...labels },
    exp_annotations: {
      summary,
      description,
      runbook_url: `${LINKS.job_gateway_docs_url}/docs/runbook.md#${alert.toLowerCase()}`,
      runs_url: `${LINKS.job_gateway_url}/runs?${isOwners ? `job=${labels['job']}&` : ''}result=KO&format=text`,
    },
  }))
  return {
    name: `${alert}: ${when}`,
    interval: '1m',
    external_labels: LINKS,
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    alert_rule_test: [{ alertname: alert, eval_time: `${minute}m`, exp_alerts }],
  }
}

t.test('each alert fires when it should, says what it should, and is silent else', { skip: noPromtool }, async (t) => {
  const folder = t.testdir({
    'test.yaml': JSON.stringify({
      rule_files: Object.values(RULE_FILES),
      evaluation_interval: '1m',
      group_eval_order: ['job-gateway', ...groups.map(({ name }) => name)],
      tests: CASES.map(toTest),
    }),
  })
  const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', `${folder}/test.yaml`])
  t.equal(status, 0, `${stdout}${stderr}`)
})

t.test('the rules are well formed', { skip: noPromtool }, async (t) => {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', ...Object.values(RULE_FILES)])
  t.equal(status, 0, `${stdout}${stderr}`)
})

t.test('every alert has a story in which it fires and one in which it is silent', async (t) => {
  for (const { alert, labels } of rules) {
    const stories = CASES.filter((story) => story.alert === alert)
    const severity = labels['severity']?.includes('{{') ? undefined : labels['severity']
    const isFired = (fired: AlertCase['fires'][number]) => !severity || fired.labels['severity'] === severity
    t.ok(
      stories.some(({ fires }) => fires.some(isFired)),
      `${alert} (${severity ?? 'of the job'}) fires`,
    )
    t.ok(
      stories.some(({ fires }) => fires.length === 0),
      `${alert} is silent`,
    )
  }
  t.same(
    CASES.filter((story) => !rules.some(({ alert }) => alert === story.alert)),
    [],
  )
})

t.test('every alert has its place in the runbook, and the runbook has no other', async (t) => {
  const page = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8')
  const headings = [...page.matchAll(/^### (\w+)$/gm)].map(([, name]) => name)
  t.same(headings.toSorted(), [...new Set(rules.map(({ alert }) => alert))].toSorted())
})
