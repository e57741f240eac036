import t from 'tap'
import { testProblems } from '../../support/config-files.ts'

const KEY = `sha256:${'a'.repeat(64)}`
const ISSUERS = `issuers:
  entra: { issuer: "https://login.example.com", audience: [gateway] }
  okta: { issuer: "https://okta.example.com", audience: [gateway] }
`
const client = (name: string, tokens: string, rest = '') =>
  `  ${name}: { permissions: [read], tokens: [${tokens}]${rest} }`
const clients = (...lines: string[]) => `${ISSUERS}clients:\n${lines.join('\n')}`
const rule = (claims: string, issuer = 'entra') => `{ issuer: ${issuer}, claims: { ${claims} } }`

testProblems(t, [
  ['tokens instead of keys', clients(client('a', rule('azp: x'))), []],
  ['tokens beside keys', clients(client('a', rule('azp: x'), `, keys: ["${KEY}"]`)), []],
  [
    'neither of the two',
    clients('  a: { permissions: [read] }', '  b: { permissions: [read], keys: [], tokens: [] }'),
    [
      'gateway.yaml:5:3 clients.a.keys: is missing: a client is known by keys, made by `job-gateway key`, or by tokens of an issuer; write one of the two',
      'gateway.yaml:6:29 clients.b.keys: is missing: a client is known by keys, made by `job-gateway key`, or by tokens of an issuer; write one of the two',
    ],
  ],
  [
    'an issuer that is not there',
    clients(client('a', rule('azp: x', 'entre'))),
    ['gateway.yaml:5:40 clients.a.tokens[0].issuer: is no issuer; there are entra, okta'],
  ],
  [
    'no claim',
    clients(client('a', rule(''))),
    [
      'gateway.yaml:5:55 clients.a.tokens[0].claims: is empty, so that every token of the issuer would do; name one claim at least, such as azp or sub',
    ],
  ],
  [
    'a value that is no text',
    clients(client('a', rule('azp: 7'))),
    ['gateway.yaml:5:65 clients.a.tokens[0].claims.azp: must be text in quotes, or true or false, but is 7'],
  ],
  [
    'the same rule for two clients, in whatever order its claims stand',
    clients(client('a', rule('azp: x, vip: true')), client('b', `${rule('sub: y')}, ${rule('vip: true, azp: x')}`)),
    [
      'gateway.yaml:6:77 clients.b.tokens[1]: every token that fits here fits client a too, and one that fits two clients is refused',
    ],
  ],
  [
    'a rule that a wider one of another client takes everything from',
    clients(client('a', rule('azp: x, roles: r')), client('b', rule('azp: x'))),
    [
      'gateway.yaml:5:38 clients.a.tokens[0]: every token that fits here fits client b too, and one that fits two clients is refused',
    ],
  ],
  [
    'rules that differ by a value, a claim or the issuer',
    clients(
      client('a', `${rule('azp: x')}, ${rule('groups: g')}`),
      client('b', `${rule('azp: z')}, ${rule('azp: x', 'okta')}, ${rule('roles: g')}`),
    ),
    [],
  ],
  ['a narrower rule of the same client', clients(client('a', `${rule('azp: x')}, ${rule('azp: x, roles: r')}`)), []],
])
