import t from 'tap'
import { testProblems } from '../../support/config-files.ts'

const issuer = (rest: string) => `issuers:\n  corp: { ${rest} }`
const GOOD = 'issuer: "https://login.example.com/v2.0", audience: [gateway]'
const ALGORITHMS = 'RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519'
const at = (column: number) => `gateway.yaml:2:${column}`

testProblems(t, [
  ['an issuer by discovery', issuer(GOOD), []],
  ['an issuer on loopback', issuer('issuer: "http://127.0.0.1:9000", audience: [gateway]'), []],
  [
    'an issuer that is no address, with one for its keys',
    issuer('issuer: corp-sso, jwks_url: "https://keys.example.com/", audience: [g]'),
    [],
  ],
  [
    'plain http',
    issuer('issuer: "http://login.example.com", audience: [gateway]'),
    [
      `${at(11)} issuers.corp.issuer: is plain http, so the keys could be changed on their way; write https://login.example.com`,
    ],
  ],
  [
    'plain http for the keys',
    issuer(`${GOOD}, jwks_url: "http://login.example.com/keys"`),
    [
      `${at(74)} issuers.corp.jwks_url: is plain http, so the keys could be changed on their way; write https://login.example.com`,
    ],
  ],
  [
    'no address',
    issuer('issuer: corp-sso, audience: [gateway]'),
    [
      `${at(11)} issuers.corp.issuer: must be an https address, or write where its keys are as jwks_url, but is "corp-sso"`,
    ],
  ],
  [
    'credentials in the address, and a query',
    `issuers:\n  a: { issuer: "https://u:p@login.example.com", audience: [g] }\n  b: { issuer: "https://login.example.com/?x=1", audience: [g] }`,
    [
      'gateway.yaml:2:8 issuers.a.issuer: holds a user name or password; take it out',
      'gateway.yaml:3:8 issuers.b.issuer: must be an address without ? and #; as the tokens say it in iss',
    ],
  ],
  [
    'the same issuer twice',
    `${issuer(GOOD)}\n  twin: { ${GOOD} }`,
    ['gateway.yaml:3:11 issuers.twin.issuer: is that of issuer corp too; write all its audiences into one of the two'],
  ],
  [
    'a shared secret as key, and no algorithm at all',
    issuer(`${GOOD}, algorithms: [HS256, none]`),
    [
      `${at(87)} issuers.corp.algorithms[0]: must be one of ${ALGORITHMS}, but is "HS256"`,
      `${at(94)} issuers.corp.algorithms[1]: must be one of ${ALGORITHMS}, but is "none"`,
    ],
  ],
])
