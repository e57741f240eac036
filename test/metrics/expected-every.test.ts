import { spawnSync } from 'node:child_process'
import t from 'tap'
import { readValue } from '../support/metric-samples.ts'
import { createSources, createTestMetrics, NOW } from '../support/test-metrics.ts'

t.test('only jobs with expected_every show it, and since when it counts', async (t) => {
  const { metrics, scrape } = await createTestMetrics(t)
  const { sources } = createSources({ expectations: [{ job: 'nightly-load', since: NOW - 5_000 }] })
  metrics.readFrom(sources)
  const samples = await scrape()
  const shown = (name: string) => samples.filter((sample) => sample.name === name).map(({ labels }) => labels['job'])
  t.same(shown('job_gateway_job_expected_every_seconds'), ['nightly-load'])
  t.equal(readValue(samples, 'job_gateway_job_expected_every_seconds'), 93_600)
  t.same(shown('job_gateway_job_expected_since_timestamp_seconds'), ['nightly-load'])
  t.equal(readValue(samples, 'job_gateway_job_expected_since_timestamp_seconds'), NOW / 1000 - 5)
})

const noPromtool = spawnSync('promtool', ['--version']).error ? 'promtool is not on PATH' : false

/** Minutes after time 0, at which each job is first known, until which the alarm is silent, and at which it is on. */
const CASES = [
  { what: 'a job that never ended well', success: '_x200', silent: 60, alarm: 61 },
  { what: 'a job that ended well once, at 20 min', success: '_x19 1200x180', silent: 80, alarm: 81 },
  { what: 'a job that ended well before it was expected, and never since', success: '-3600x200', silent: 0, alarm: 1 },
  { what: 'a job that ends well every 50 min', success: '_x49 3000x49 6000x49 9000x50', silent: 199 },
]

t.test('the alert that the help names fires after that time without an OK run', { skip: noPromtool }, async (t) => {
  const { metrics } = await createTestMetrics(t)
  const [, expr] = /^# HELP job_gateway_job_expected_every_seconds .*Alert: (.*)$/m.exec(await metrics.scrape()) ?? []
  const rules = { groups: [{ name: 'jobs', rules: [{ alert: 'JobNotSucceeded', expr }] }] }
  const expects = (job: string, minute: number, fires: boolean) => ({
    ...{ eval_time: `${minute}m`, alertname: 'JobNotSucceeded' },
    exp_alerts: fires ? [{ exp_labels: { job } }] : [],
  })
  const tests = CASES.map(({ what, success, silent, alarm }) => ({
    name: what,
    interval: '1m',
    input_series: [
      { series: 'job_gateway_job_expected_every_seconds{job="load"}', values: '3600x200' },
      { series: 'job_gateway_job_expected_since_timestamp_seconds{job="load"}', values: '0x200' },
      { series: 'job_gateway_job_last_success_timestamp_seconds{job="load"}', values: success },
    ],
    alert_rule_test: [expects('load', silent, false), ...(alarm === undefined ? [] : [expects('load', alarm, true)])],
  }))
  const folder = t.testdir({
    'rules.yaml': JSON.stringify(rules),
    'test.yaml': JSON.stringify({ rule_files: ['rules.yaml'], evaluation_interval: '1m', tests }),
  })
  const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', `${folder}/test.yaml`])
  t.equal(status, 0, `${stdout}${stderr}`)
})
