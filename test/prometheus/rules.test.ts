import { spawnSync } from 'node:child_process'
import t from 'tap'
import { noPromtool, RULE_FILES } from './rule-files.ts'

const LABELS = 'job="load",state="FAILED",result="KO",cause="user_code",namespace="jobs"'
const RECORDED = `job_gateway:runs_finished:max{${LABELS}}`

/** Samples of a replica, one a minute; `_`: it was not scraped. */
const replica = (pod: string, values: string) => ({
  series: `job_gateway_runs_finished_total{${LABELS},pod="${pod}",instance="10.0.0.1:9090"}`,
  values,
})

/** What the recorded counter and its increase are at the end, minute 5. */
const CASES = [
  {
    name: 'three replicas with the same figures are one counter',
    input_series: ['a', 'b', 'c'].map((pod) => replica(pod, '7 7 7 8 9 9')),
    ...{ total: 9, increase: 2 },
  },
  {
    name: 'one that is scraped later does not count it again',
    input_series: [replica('a', '7 7 8 9 9 9'), replica('b', '7 7 7 8 9 9')],
    ...{ total: 9, increase: 2 },
  },
  {
    name: 'a rolling restart: nothing falls to 0, nothing is counted twice',
    input_series: [replica('a-1', '7 7 8 stale'), replica('b-1', '7 7 8 8 stale'), replica('a-2', '_ _ _ 8 9 9')],
    ...{ total: 9, increase: 2 },
  },
]

t.test('the totals of the ledger', { skip: noPromtool }, async (t) => {
  const tests = CASES.map(({ total, increase, ...given }) => ({
    ...given,
    interval: '1m',
    promql_expr_test: [
      { expr: RECORDED, eval_time: '5m', exp_samples: [{ labels: RECORDED, value: total }] },
      // Between two samples nothing is guessed: the difference of the ends.
      {
        expr: `${RECORDED} - ${RECORDED} offset 5m`,
        eval_time: '5m',
        exp_samples: [{ labels: `{${LABELS}}`, value: increase }],
      },
      { expr: `resets(${RECORDED}[6m])`, eval_time: '5m', exp_samples: [{ labels: `{${LABELS}}`, value: 0 }] },
    ],
  }))
  const folder = t.testdir({
    'test.yaml': JSON.stringify({ rule_files: [RULE_FILES.rules], evaluation_interval: '1m', tests }),
  })
  const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', `${folder}/test.yaml`])
  t.equal(status, 0, `${stdout}${stderr}`)
})
