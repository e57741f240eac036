import t from 'tap'
import { readFiles, testProblems } from '../../support/config-files.ts'

const A = `sha256:${'a'.repeat(64)}`
const client = (rest: string) => `clients:\n  a: { keys: ["${A}"], permissions: [read], ${rest} }`
const at = (column: number) => `gateway.yaml:2:${column}`

testProblems(t, [
  [
    'an azure client without a public address',
    client('profile: azure, signed_location: false'),
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
    'Locations that are to be signed, and nothing to sign them with',
    `${client('profile: azure')}\nserver: { public_url: "https://jobs.example.com" }`,
    [
      'gateway.yaml:3:1 server.signing_keys: is missing: client a is given signed Locations; make one with openssl rand -base64 32 and write where it is, such as [{file: secrets/signing-key}], or set signed_location: false for that client, if it sends its key with every call',
    ],
  ],
  [
    'the same by an own profile',
    `${client('profile: own')}\nprofiles: { own: { signed_location: true } }`,
    [
      'gateway.yaml:1:1 server.signing_keys: is missing: client a is given signed Locations; make one with openssl rand -base64 32 and write where it is, such as [{file: secrets/signing-key}], or set signed_location: false for that client, if it sends its key with every call',
    ],
  ],
  [
    'keys to sign with that are none',
    'server:\n  signing_keys: [{ env: TOKEN }, { file: nope }]',
    [
      `${at(18)} server.signing_keys[0]: environment variable TOKEN holds fewer than 32 bytes; make one with openssl rand -base64 32`,
      `${at(34)} server.signing_keys[1]: nope cannot be read (no such file); make one with openssl rand -base64 32`,
    ],
  ],
  [
    'a key to sign with in the configuration itself',
    'server:\n  signing_keys: ["c2lnbmluZyBrZXkgb2YgdGhpcnR5LXR3byBieXRlcw=="]',
    [
      `${at(18)} server.signing_keys[0]: must be a reference, {env: NAME} or {file: PATH}; the secret itself never stands in this file`,
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
    'reads that are turned away before triggers',
    'server:\n  overload: { triggers_seconds: 10 }',
    ['gateway.yaml:2:3 server.overload.reads_seconds: must be at least triggers_seconds (10), but is 8'],
  ],
  [
    'limits of nothing',
    'server:\n  limits: { wrong_keys: { per_second: 0, burst: 1.5 } }',
    [
      'gateway.yaml:2:27 server.limits.wrong_keys.per_second: must be a number from 0.001 to 1000000, but is 0',
      'gateway.yaml:2:42 server.limits.wrong_keys.burst: must be a whole number from 1 to 1000000, but is 1.5',
    ],
  ],
  [
    'intervals the wrong way round',
    'watch:\n  min_interval_seconds: 40',
    ['gateway.yaml:1:1 watch.max_interval_seconds: must be at least min_interval_seconds (40), but is 30'],
  ],
])

t.test('a real workspace needs an instance', async (t) => {
  const yaml = 'workspaces:\n  main: { host: https://adb-1.net, auth: { type: pat, token: { env: TOKEN } } }\n'
  const result = await readFiles(t, { files: { 'gateway.yaml': yaml }, env: { TOKEN: 'x' } })
  t.same('problems' in result && result.problems, [
    'gateway.yaml:1:1 server.instance: is missing: workspace main is a real one, so this installation needs a name of its own, such as prod',
  ])
})
