import t from 'tap'
import { BASE, readFiles } from '../support/config-files.ts'

const A = `sha256:${'a'.repeat(64)}`
const B = `sha256:${'b'.repeat(64)}`
const job = (rest: string) => `jobs:\n  a: { job_id: "1", ${rest} }`
const parameter = (rest: string) => `jobs:\n  a: { job_id: "1", parameters: { p: { ${rest} } } }`
const client = (rest: string) => `clients:\n  a: { keys: ["${A}"], permissions: [read], ${rest} }`
const at = (column: number) => `gateway.yaml:2:${column}`

const cases: [name: string, yaml: string, problems: string[]][] = [
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
    'bounds that do not fit the type',
    parameter('type: integer, pattern: a, max_length: 3'),
    [
      `${at(55)} jobs.a.parameters.p.pattern: is only for type string, and this is integer`,
      `${at(67)} jobs.a.parameters.p.max_length: is only for type string, and this is integer`,
    ],
  ],
  [
    'number bounds on text, the wrong way round',
    parameter('minimum: 5, maximum: 4'),
    [
      `${at(40)} jobs.a.parameters.p.minimum: is only for numbers, and this is string`,
      `${at(52)} jobs.a.parameters.p.maximum: is only for numbers, and this is string`,
      `${at(52)} jobs.a.parameters.p.maximum: must be at least minimum (5), but is 4`,
    ],
  ],
  [
    'a default that is never used',
    parameter('required: true, default: x'),
    [`${at(56)} jobs.a.parameters.p.default: is never used: the parameter is required; take one out`],
  ],
  [
    'a default of another type',
    parameter('type: date, default: 20251202'),
    [`${at(52)} jobs.a.parameters.p.default: must be a day of the calendar, as YYYY-MM-DD; it is 20251202`],
  ],
  [
    'a date that does not exist',
    parameter('type: date, enum: [2026-02-28, 2026-02-30]'),
    [`${at(71)} jobs.a.parameters.p.enum[1]: must be a day of the calendar, as YYYY-MM-DD; it is "2026-02-30"`],
  ],
  [
    'an enum and a default that break their own rules',
    parameter('enum: [A, BB, ccc], pattern: "[A-Z]+", max_length: 2, default: C'),
    [
      `${at(54)} jobs.a.parameters.p.enum[2]: is longer than max_length (2); it is "ccc"`,
      `${at(94)} jobs.a.parameters.p.default: must be one of its enum: A, BB, ccc; it is "C"`,
    ],
  ],
  [
    'a default that matches its pattern only in part',
    parameter('pattern: "a|b", default: ab'),
    [`${at(56)} jobs.a.parameters.p.default: does not match pattern a|b; it is "ab"`],
  ],
  [
    'a number beyond its bounds',
    parameter('type: number, minimum: 0, maximum: 1, default: 1.5'),
    [`${at(78)} jobs.a.parameters.p.default: must be at most maximum (1); it is 1.5`],
  ],
  [
    'patterns that are none, or may take for ever',
    'jobs:\n  a:\n    job_id: "1"\n    parameters:\n      p: { pattern: "a)(b" }\n      q: { pattern: "(a+)+" }',
    [
      "gateway.yaml:5:12 jobs.a.parameters.p.pattern: is no regular expression: Unmatched ')'",
      'gateway.yaml:6:12 jobs.a.parameters.q.pattern: repeats a group that itself repeats or has alternatives, which some values would take for ever to match; repeat a character class instead, such as [A-Z_]+',
    ],
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
  [
    'a profile that is not there',
    client('profile: control_m'),
    [`${at(112)} clients.a.profile: is no profile; there are generic, control-m, control-m-plugin, azure, one-call`],
  ],
  [
    'an own profile under a built-in name',
    'profiles:\n  azure: {}',
    [`${at(3)} profiles.azure: is the name of a built-in profile; take another`],
  ],
  [
    'an own profile that contradicts itself',
    'profiles:\n  x: { pending: error, key: optional, accepted: 200, outcome: http }',
    [
      `${at(24)} profiles.x.key: must be required, since pending: error never goes without a key`,
      `${at(39)} profiles.x.accepted: accepted: 200 does not go with outcome: http, which never answers 200 before the end; change one of the two`,
    ],
  ],
  [
    'a client that contradicts its profile',
    client('profile: control-m-plugin, outcome: http'),
    [
      `${at(139)} clients.a.outcome: accepted: 200 does not go with outcome: http, which never answers 200 before the end; change one of the two`,
    ],
  ],
  [
    'a pattern without a job',
    `${client('jobs: ["b*", "a"]')}\njobs: { a: { job_id: "1" } }`,
    [`${at(119)} clients.a.jobs[0]: "b*" matches no job; there are a`],
  ],
  [
    'keys and ids of two clients that are one',
    `${client('id: z')}\n  b: { keys: ["${B}", "${A.toUpperCase().replace('SHA', 'sha')}"], permissions: [read] }\n  z: { keys: ["sha256:${'c'.repeat(64)}"], permissions: [read] }`,
    [
      'gateway.yaml:3:90 clients.b.keys[1]: is that of client a too; each needs its own',
      'gateway.yaml:4:3 clients.z.id: is that of client a too; each needs its own',
    ],
  ],
  [
    'an azure client without a public address',
    client('profile: azure'),
    [
      'gateway.yaml:1:1 server.public_url: is missing: client a has profile azure, which follows absolute links; write how it reaches the gateway',
    ],
  ],
  [
    'addresses that are none',
    'server:\n  public_url: jobs.example.com\n  trusted_proxies: [10.0.0.0/8, ::1, proxy, 10.0.0.0/33, 10.0.0.0/]',
    [
      `${at(3)} server.public_url: must be an http or https address without ? and #, such as https://jobs.example.com`,
      'gateway.yaml:3:38 server.trusted_proxies[2]: must be an address or a CIDR range such as 10.0.0.0/8, but is "proxy"',
      'gateway.yaml:3:45 server.trusted_proxies[3]: must be an address or a CIDR range such as 10.0.0.0/8, but is "10.0.0.0/33"',
      'gateway.yaml:3:58 server.trusted_proxies[4]: must be an address or a CIDR range such as 10.0.0.0/8, but is "10.0.0.0/"',
    ],
  ],
  [
    'one port for two',
    'server:\n  port: 9090',
    [
      'gateway.yaml:1:1 server.metrics_port: must not be the port of the API (9090); take another, or null for /metrics on that port with a key',
    ],
  ],
  [
    'intervals the wrong way round',
    'watch:\n  min_interval_seconds: 40',
    ['gateway.yaml:1:1 watch.max_interval_seconds: must be at least min_interval_seconds (40), but is 30'],
  ],
]

for (const [name, yaml, problems] of cases) {
  t.test(name, async (t) => {
    const result = await readFiles(t, { files: { 'gateway.yaml': `${yaml}\n${BASE}` }, env: { TOKEN: 'x' } })
    t.same('problems' in result ? result.problems : [], problems)
  })
}

const workspaceCases: [name: string, workspace: string, problems: string[]][] = [
  [
    'plain http to elsewhere',
    'host: http://adb-1.azuredatabricks.net, auth: { type: pat, token: { env: TOKEN } }',
    [
      '2:11 workspaces.main.host: is plain http, so the credential would travel in the clear; write https://adb-1.azuredatabricks.net',
    ],
  ],
  [
    'a path, as a browser shows it',
    'host: "https://adb-1.azuredatabricks.net/jobs?o=1", auth: { type: pat, token: { env: TOKEN } }',
    ['2:11 workspaces.main.host: must be an address without a path; write https://adb-1.azuredatabricks.net'],
  ],
  [
    'a password in an address',
    'host: "https://me:dose123@adb-1.azuredatabricks.net", proxy: { url: "http://me:dose123@proxy" }, auth: { type: pat, token: { env: TOKEN } }',
    [
      '2:11 workspaces.main.host: holds a user name or password; take it out, credentials stand under auth',
      '2:74 workspaces.main.proxy.url: holds a user name or password; leave proxy out and set HTTPS_PROXY in the environment instead',
    ],
  ],
  [
    'secrets that are not there',
    'host: https://adb-1.azuredatabricks.net, auth: { type: oauth-m2m, client_id: x, client_secret: { env: NOPE }, expires_on: 2026-02-30 }, ca: { file: nope.pem }',
    [
      '2:91 workspaces.main.auth.client_secret: environment variable NOPE is not set; put the secret there',
      '2:121 workspaces.main.auth.expires_on: must be a day of the calendar, as YYYY-MM-DD',
      '2:153 workspaces.main.ca.file: nope.pem cannot be read (no such file)',
    ],
  ],
  [
    'a secret file that is not there',
    'host: https://adb-1.azuredatabricks.net, auth: { type: pat, token: { file: token } }',
    ['2:71 workspaces.main.auth.token: token cannot be read (no such file); put the secret there'],
  ],
]

for (const [name, workspace, problems] of workspaceCases) {
  t.test(name, async (t) => {
    const yaml = `workspaces:\n  main: { ${workspace} }\nserver: { instance: prod }\n`
    const result = await readFiles(t, { files: { 'gateway.yaml': yaml }, env: { TOKEN: 'x' } })
    t.same(
      'problems' in result ? result.problems : [],
      problems.map((problem) => `gateway.yaml:${problem}`),
    )
  })
}

t.test('a real workspace needs an instance', async (t) => {
  const yaml = 'workspaces:\n  main: { host: https://adb-1.net, auth: { type: pat, token: { env: TOKEN } } }\n'
  const result = await readFiles(t, { files: { 'gateway.yaml': yaml }, env: { TOKEN: 'x' } })
  t.same('problems' in result && result.problems, [
    'gateway.yaml:1:1 server.instance: is missing: workspace main is a real one, so this installation needs a name of its own, such as prod',
  ])
})

t.test('with several workspaces each job names its own', async (t) => {
  const other = '  other: { host: "http://[::1]:1", auth: { type: pat, token: { env: TOKEN } } }\n'
  const yaml = `${BASE.slice(1)}${other}jobs: { a: { job_id: "1" }, b: { job_id: "1", workspace: other } }\n`
  const result = await readFiles(t, { files: { 'gateway.yaml': yaml }, env: { TOKEN: 'x' } })
  t.same('problems' in result && result.problems, [
    'gateway.yaml:6:9 jobs.a.workspace: is missing: with several workspaces each job names its own; there are main, other',
  ])
})

t.test('mistakes of structure do not hide those behind them, nor make new ones', async (t) => {
  const yaml = `
jobs:
  a: { job_id: 1, parameters: { p: { type: dat } }, workspace: mian }
  b: { job_id: 1, workspace: mian }
clients:
  x: { keys: [gw_pasted], jobs: [a, z], permissions: [trigger], profile: own }
profiles:
  own: { wait: 1 }
server: { instance: 1, port: no, public_url: x }
`
  const result = await readFiles(t, { files: { 'gateway.yaml': yaml + BASE }, env: { TOKEN: 'x' } })
  t.same('problems' in result && result.problems.map((line) => line.split(': ')[0]), [
    'gateway.yaml:3:38 jobs.a.parameters.p.type',
    'gateway.yaml:4:19 jobs.b.workspace',
    'gateway.yaml:6:15 clients.x.keys[0]',
    'gateway.yaml:6:37 clients.x.jobs[1]',
    'gateway.yaml:8:10 profiles.own.wait',
    'gateway.yaml:9:11 server.instance',
    'gateway.yaml:9:24 server.port',
    'gateway.yaml:9:34 server.public_url',
  ])
})
