import t from 'tap'
import { testProblems } from '../../support/config-files.ts'

const A = `sha256:${'a'.repeat(64)}`
const B = `sha256:${'b'.repeat(64)}`
const client = (rest: string) => `clients:\n  a: { keys: ["${A}"], permissions: [read], ${rest} }`
const at = (column: number) => `gateway.yaml:2:${column}`

testProblems(t, [
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
    'a client that makes the key optional where it never is',
    client('profile: one-call, key: optional'),
    [`${at(131)} clients.a.key: must be required, since pending: error never goes without a key`],
  ],
])
