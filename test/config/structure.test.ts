import t from 'tap'
import { readFiles, testProblems } from '../support/config-files.ts'

const HASH = `sha256:${'a'.repeat(64)}`

testProblems(t, [
  [
    'a misspelt key, with the nearest known one',
    'server: { prot: 80 }\njobs:\n  a: { job_id: "1", parameters: { day: { type: date, requird: true } } }',
    [
      'gateway.yaml:1:11 server.prot: is no known key; did you mean port?',
      'gateway.yaml:3:54 jobs.a.parameters.day.requird: is no known key; did you mean required?',
    ],
  ],
  [
    'an unknown key like no other, with the known ones',
    'watch: { frequency: 1 }',
    ['gateway.yaml:1:10 watch.frequency: is no known key; known here: min_interval_seconds, max_interval_seconds'],
  ],
  ['an unknown section', 'job: {}', ['gateway.yaml:1:1 job: is no known key; did you mean jobs?']],
  [
    'a merge key',
    'jobs:\n  a: &a { job_id: "1" }\n  b: { <<: *a, job_id: "2" }',
    ['gateway.yaml:3:8 jobs.b."<<": merge keys (<<) are not read; put shared values under job_defaults'],
  ],
  [
    'a number out of bounds, and text instead of a number',
    'server: { port: 65536, drain_seconds: soon }\nledger: { retention_days: 60 }',
    [
      'gateway.yaml:1:11 server.port: must be a whole number from 0 to 65535, but is 65536',
      'gateway.yaml:1:24 server.drain_seconds: must be a number from 0 to 3600, but is "soon"',
      'gateway.yaml:2:11 ledger.retention_days: must be a whole number from 61 to 3650, but is 60',
    ],
  ],
  [
    'a word that is not one of the allowed',
    'jobs:\n  a: { job_id: "1", parameters: { day: { type: dat } } }',
    [
      'gateway.yaml:2:42 jobs.a.parameters.day.type: must be one of string, integer, number, boolean, date, but is "dat"',
    ],
  ],
  [
    'a span of time without a unit, of nothing, and in words',
    'jobs:\n  a: { job_id: "1", expected_every: 26 }\n  b: { job_id: "1", expected_every: 0h }\njob_defaults: { expected_every: daily }',
    [
      'gateway.yaml:2:21 jobs.a.expected_every: must be a time such as 26h, 90m or 7d or null, but is 26',
      'gateway.yaml:3:21 jobs.b.expected_every: must be a time such as 26h, 90m or 7d or null, but is "0h"',
      'gateway.yaml:4:17 job_defaults.expected_every: must be a time such as 26h, 90m or 7d or null, but is "daily"',
    ],
  ],
  [
    'a number where text belongs',
    'server: { contact: 12 }',
    ['gateway.yaml:1:11 server.contact: must be text of 1 to 200 characters, but is 12; write it in quotes'],
  ],
  [
    'a mapping, a list and nothing where text belongs',
    'jobs:\n  a: { job_id: "1", owner: { a: 1 } }\n  b: { job_id: "1", owner: [a] }\n  c: { job_id: "1", owner: }',
    [
      'gateway.yaml:2:21 jobs.a.owner: must be text of 1 to 100 characters, but is a mapping',
      'gateway.yaml:3:21 jobs.b.owner: must be text of 1 to 100 characters, but is a list',
      'gateway.yaml:4:21 jobs.c.owner: must be text of 1 to 100 characters, but is empty',
    ],
  ],
  [
    'text where mappings and lists belong',
    'jobs:\n  a: nightly\nclients: [a]\nserver: { trusted_proxies: 10.0.0.1 }',
    [
      'gateway.yaml:2:3 jobs.a: must be a mapping of keys and values, but is a string',
      'gateway.yaml:3:1 clients: must be a mapping of keys and values, but is a list',
      'gateway.yaml:4:11 server.trusted_proxies: must be a list, but is a string',
    ],
  ],
  [
    'what is missing',
    'clients:\n  a: { jobs: [] }',
    [
      'gateway.yaml:2:3 clients.a.permissions: is missing: What this client may do with its jobs; metrics and admin are for the whole gateway.',
    ],
  ],
  [
    'three live keys, and one that is there twice',
    `clients:\n  a: { keys: ["${HASH}", "${HASH}"], permissions: [read] }\n  b: { keys: ["sha256:${'b'.repeat(64)}", "sha256:${'c'.repeat(64)}", "sha256:${'d'.repeat(64)}"], permissions: [read] }`,
    [
      'gateway.yaml:2:8 clients.a.keys: holds the same entry twice; take one out',
      'gateway.yaml:3:8 clients.b.keys: must be a list of 0 to 2 entries',
    ],
  ],
  [
    'names that are no URL segment',
    'jobs:\n  a b: { job_id: "1" }\n  ..: { job_id: "1" }\n  __proto__: { job_id: "1" }\n  ñ: { job_id: "1" }',
    [
      'gateway.yaml:2:3 jobs."a b": is no usable name: 1 to 100 characters of A-Z a-z 0-9 . _ - starting with a letter or digit',
      'gateway.yaml:3:3 jobs."..": is no usable name: 1 to 100 characters of A-Z a-z 0-9 . _ - starting with a letter or digit',
      'gateway.yaml:4:3 jobs.__proto__: is no usable name: 1 to 100 characters of A-Z a-z 0-9 . _ - starting with a letter or digit',
      'gateway.yaml:5:3 jobs."ñ": is no usable name: 1 to 100 characters of A-Z a-z 0-9 . _ - starting with a letter or digit',
    ],
  ],
  [
    'a parameter that JavaScript would take for a prototype',
    'jobs:\n  a: { job_id: "1", parameters: { __proto__: { type: date } } }',
    [
      'gateway.yaml:2:35 jobs.a.parameters.__proto__: is no usable name: 1 to 100 characters on one line, not starting with a space',
    ],
  ],
  [
    'ids that a double cannot hold, or that are no ids',
    'jobs:\n  a: { job_id: 9007199254740993 }\n  b: { job_id: 0x1F.2 }\n  c: { job_id: "0123" }\n  d: { job_id: 1.5 }',
    [
      'gateway.yaml:2:8 jobs.a.job_id: must be the decimal id of a Databricks job, in quotes, but is 9007199254740993; write it in quotes',
      'gateway.yaml:3:8 jobs.b.job_id: must be the decimal id of a Databricks job, in quotes, but is "0x1F.2"',
      'gateway.yaml:4:8 jobs.c.job_id: must be the decimal id of a Databricks job, in quotes, but is "0123"',
      'gateway.yaml:5:8 jobs.d.job_id: must be the decimal id of a Databricks job, in quotes, but is 1.5; write it in quotes',
    ],
  ],
  [
    'codes that would call a failure a success or a redirect',
    `clients:\n  a: { keys: ["${HASH}"], permissions: [read], codes: { failed: 200, active: 302, canceled: 499 } }`,
    [
      'gateway.yaml:2:121 clients.a.codes.failed: must be a whole number from 400 to 599, but is 200',
      'gateway.yaml:2:134 clients.a.codes.active: must be a whole number from 400 to 599, but is 302',
    ],
  ],
  [
    'a ledger that is no file',
    'ledger: { url: "sqlite::memory:" }',
    [
      'gateway.yaml:1:11 ledger.url: must be sqlite: and the path of a file, such as sqlite:./data/runs.db, or postgres://user@host/database',
    ],
  ],
  [
    'job_defaults that only one job can have',
    'job_defaults: { job_id: "1", sevrity: page }',
    [
      'gateway.yaml:1:17 job_defaults.job_id: is no known key; known here: workspace, description, owner, severity, runbook, parameters_as, parameters, additional_parameters, partial_success, submit_deadline_seconds, key_ttl_days, key, rerun_min_seconds, rerun_allowed, pass_run_id_as, max_active, expected_every, queue',
      'gateway.yaml:1:30 job_defaults.sevrity: is no known key; did you mean severity?',
    ],
  ],
])

const secretCases: [name: string, auth: string, problem: string][] = [
  [
    'a literal secret',
    '{ type: oauth-m2m, client_id: app, client_secret: dose0123456789 }',
    '4:46 workspaces.main.auth.client_secret: must be a reference, {env: NAME} or {file: PATH}; the secret itself never stands in this file',
  ],
  [
    'a literal secret where the mapping belongs',
    'dose0123456789',
    '4:5 workspaces.main.auth: must be a mapping with type: one of oauth-m2m, pat, azure-client-secret, oidc-federation, azure-workload-identity',
  ],
  [
    'a literal secret as a key',
    '{ type: pat, token: { dose0123456789 } }',
    '4:24 workspaces.main.auth.token: must be a reference, {env: NAME} or {file: PATH}; the secret itself never stands in this file',
  ],
  [
    'a literal secret under a misspelt key',
    '{ type: pat, tokn: dose0123456789, token: { env: TOKEN } }',
    '4:5 workspaces.main.auth: holds a key that is not known; did you mean token?',
  ],
  [
    'both references',
    '{ type: pat, token: { env: TOKEN, file: dose0123456789 } }',
    '4:24 workspaces.main.auth.token: must be a reference, {env: NAME} or {file: PATH}; the secret itself never stands in this file',
  ],
  [
    'no type',
    '{ token: { env: TOKEN } }',
    '4:5 workspaces.main.auth: must be a mapping with type: one of oauth-m2m, pat, azure-client-secret, oidc-federation, azure-workload-identity',
  ],
  [
    'a type to come',
    '{ type: azure-msi }',
    '4:5 workspaces.main.auth: must be a mapping with type: one of oauth-m2m, pat, azure-client-secret, oidc-federation, azure-workload-identity',
  ],
  [
    'two kinds in one',
    '{ type: pat, token: { env: TOKEN }, client_secret: dose1 }',
    '4:47 workspaces.main.auth.client_secret: belongs to type oauth-m2m or azure-client-secret, and type is pat: two kinds in one; keep one of them',
  ],
]

for (const [name, auth, problem] of secretCases) {
  t.test(`${name} is refused and not shown`, async (t) => {
    const yaml = `workspaces:\n  main:\n    host: http://localhost\n    auth: ${auth}\n`
    const result = await readFiles(t, { files: { 'gateway.yaml': yaml }, env: { TOKEN: 'x' } })
    t.same('problems' in result ? result.problems : [], [`gateway.yaml:${problem}`])
  })
}
