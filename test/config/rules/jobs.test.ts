import t from 'tap'
import { BASE, readFiles, testProblems } from '../../support/config-files.ts'

const job = (rest: string) => `jobs:\n  a: { job_id: "1", ${rest} }`
const at = (column: number) => `gateway.yaml:2:${column}`

testProblems(t, [
  [
    'a job without a target',
    'jobs:\n  a: {}',
    ['gateway.yaml:2:3 jobs.a.job_id: is missing: write either job_id or job_name'],
  ],
  [
    'a job with two targets',
    job('job_name: x'),
    [`${at(21)} jobs.a.job_name: stands beside job_id; keep one of the two`],
  ],
  [
    'an id beyond int64',
    'jobs:\n  a: { job_id: "9223372036854775808" }\n  b: { job_id: "9223372036854775807" }',
    [`${at(8)} jobs.a.job_id: must be at most 9223372036854775807, the greatest id that Databricks has`],
  ],
  [
    'a workspace that is not there',
    job('workspace: mian'),
    [`${at(21)} jobs.a.workspace: is no workspace; there are main`],
  ],
  [
    'a bad value of job_defaults, named once where it stands',
    'job_defaults: { workspace: mian }\njobs:\n  a: { job_id: "1" }\n  b: { job_id: "2" }',
    ['gateway.yaml:1:17 job_defaults.workspace: is no workspace; there are main'],
  ],
  [
    'a list without places for its values',
    `${job('parameters_as: python_params, additional_parameters: true, pass_run_id_as: id')}
job_defaults:
  parameters:
    day: {}
    region: { required: true }`,
    [
      `${at(51)} jobs.a.additional_parameters: does not go with python_params: parameters that are not declared have no place in a list`,
      `${at(80)} jobs.a.pass_run_id_as: does not go with python_params, which takes no further names; leave it out`,
      'gateway.yaml:6:5 job_defaults.parameters.region: stands after day, which may be left out and would move it up; put it before',
    ],
  ],
  [
    'a list whose order JavaScript would change',
    job('parameters_as: jar_params, parameters: { day: {}, "7": { required: true } }'),
    [
      `${at(71)} jobs.a.parameters.7: needs a name that is not a number, since the values of jar_params go in declared order`,
    ],
  ],
  [
    'pipeline_params with other names and types',
    job('parameters_as: pipeline_params, parameters: { full_refresh: {}, day: {} }'),
    [
      `${at(67)} jobs.a.parameters.full_refresh: must have type boolean in pipeline_params`,
      `${at(85)} jobs.a.parameters.day: is nothing that pipeline_params takes; it takes full_refresh, full_refresh_selection, refresh_selection, refresh_flow_selection, reset_checkpoint_selection`,
    ],
  ],
  [
    'a run id under the name of a parameter',
    job('parameters: { id: {} }, pass_run_id_as: id'),
    [`${at(45)} jobs.a.pass_run_id_as: names id, which callers set; take another name, or take that parameter out`],
  ],
])

t.test('with several workspaces each job names its own', async (t) => {
  const other = '  other: { host: "http://[::1]:1", auth: { type: pat, token: { env: TOKEN } } }\n'
  const yaml = `${BASE.slice(1)}${other}jobs: { a: { job_id: "1" }, b: { job_id: "1", workspace: other } }\n`
  const result = await readFiles(t, { files: { 'gateway.yaml': yaml }, env: { TOKEN: 'x' } })
  t.same('problems' in result && result.problems, [
    'gateway.yaml:6:9 jobs.a.workspace: is missing: with several workspaces each job names its own; there are main, other',
  ])
})
