import { join } from 'node:path'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { readSecret } from '../../../src/config/secrets.ts'
import { chooseProfile, readProfiles } from '../../../src/config/unified-auth/profiles.ts'
import { readFiles } from '../../support/config-files.ts'

const HOST = 'https://adb-1.azuredatabricks.net'
const CFG = `
; what Databricks' own tools write
[DEFAULT]
host  = ${HOST}
token = dapi#1;2   # the secret goes on to the space

[prod]
host = https://prod.cloud.databricks.com/?o=77
client_id = app
client_secret: "dose=1"

[cli]
host = ${HOST}
auth_type = databricks-cli

[two]
host = ${HOST}
token = dapi1
client_secret = dose1

[entra]
host = ${HOST}
azure_tenant_id = tenant
azure_client_id = app
azure_client_secret = s3cret

[half]
host = ${HOST}
azure_client_id = app
azure_client_secret = s3cret

[federated]
host = ${HOST}
oidc_token_env = SUBJECT

[empty]
`
const NO_WORKSPACES = 'server: { instance: test }'
const byProfile = (rest: string) => `server: { instance: test }\nworkspaces:\n  main: { ${rest} }\n`

async function read(t: Test, yaml: string, env: NodeJS.ProcessEnv = {}) {
  const file = join(t.testdir({ '.databrickscfg': CFG }), '.databrickscfg')
  // readFiles makes the folder of the test anew.
  return {
    file,
    result: await readFiles(t, {
      files: { 'gateway.yaml': yaml, '.databrickscfg': CFG },
      env: { DATABRICKS_CONFIG_FILE: file, ...env },
    }),
  }
}

t.test('a profile stands for a workspace, and its secret is read from there', async (t) => {
  const { file, result } = await read(t, byProfile('profile: prod, allow_http: false'))
  const client_secret = { file, profile: 'prod', key: 'client_secret' }
  const { host, workspace_id, auth } = ('config' in result && result.config.workspaces['main']) || {}
  t.strictSame({ host, workspace_id }, { host: 'https://prod.cloud.databricks.com', workspace_id: '77' })
  t.same({ ...auth }, { type: 'oauth-m2m', client_id: 'app', client_secret })
  t.equal(readSecret(client_secret, {}), 'dose=1')
})

t.test('what is written beside the profile wins', async (t) => {
  const { result } = await read(t, byProfile('profile: entra, host: "http://127.0.0.1:1"'))
  t.match('config' in result && result.config.workspaces['main'], {
    host: 'http://127.0.0.1:1',
    auth: { type: 'azure-client-secret', tenant_id: 'tenant', client_id: 'app' },
  })
})

t.test('without workspaces: the profile that is named, else the default one, else the variables', async (t) => {
  const token = { DATABRICKS_HOST: 'https://other.test', DATABRICKS_TOKEN: 'dapi2' }
  const cases: [NodeJS.ProcessEnv, object][] = [
    [{}, { host: HOST, auth: { type: 'pat', token: { profile: 'DEFAULT', key: 'token' } } }],
    [{ DATABRICKS_CONFIG_PROFILE: 'prod' }, { auth: { type: 'oauth-m2m' } }],
    [{ DATABRICKS_CONFIG_PROFILE: 'federated', SUBJECT: 'eyJ' }, { auth: { subject_token: { env: 'SUBJECT' } } }],
    [token, { host: 'https://other.test', auth: { token: { env: 'DATABRICKS_TOKEN' } } }],
    [
      { ...token, DATABRICKS_CONFIG_PROFILE: 'DEFAULT' },
      { host: 'https://other.test', auth: { token: { env: 'DATABRICKS_TOKEN' } } },
    ],
  ]
  for (const [env, workspace] of cases) {
    const { result } = await read(t, NO_WORKSPACES, env)
    t.match('config' in result ? result.config.workspaces['default'] : result, workspace, JSON.stringify(env))
  }
})

const problems: [name: string, yaml: string, env: NodeJS.ProcessEnv, problem: string][] = [
  [
    'no such profile',
    byProfile('profile: nope'),
    {},
    'gateway.yaml:3:11 workspaces.main.profile: .databrickscfg has no profile nope',
  ],
  [
    'a section without values',
    byProfile('profile: empty'),
    {},
    'gateway.yaml:3:11 workspaces.main.profile: .databrickscfg has no profile empty',
  ],
  [
    'a profile beside a credential',
    byProfile('profile: prod, auth: { type: pat, token: { env: T } }'),
    { T: 'x' },
    'gateway.yaml:3:11 workspaces.main.profile: says how to sign in, and so does auth: two credentials; take one of them out',
  ],
  [
    'a profile of two kinds',
    byProfile('profile: two'),
    {},
    'gateway.yaml:3:11 workspaces.main.profile: two: [two] token (pat) is set beside [two] client_secret (oauth-m2m): two kinds of credential; unset one of the two, or name the one that is meant as [two] auth_type',
  ],
  [
    'half a profile',
    byProfile('profile: half'),
    {},
    'gateway.yaml:3:11 workspaces.main.profile: half: [half] azure_tenant_id must be set beside [half] host and [half] azure_client_id and [half] azure_client_secret',
  ],
  [
    'a profile that needs a person',
    byProfile('profile: cli'),
    {},
    'gateway.yaml:3:11 workspaces.main.profile: cli: [cli] auth_type names a way to sign in that the gateway does not have; it has pat, oauth-m2m, env-oidc, oidc-federation, file-oidc, azure-client-secret, azure-workload-identity',
  ],
  [
    'a named profile that is not there',
    NO_WORKSPACES,
    { DATABRICKS_CONFIG_PROFILE: 'nope' },
    'environment DATABRICKS_CONFIG_PROFILE: .databrickscfg has no profile nope',
  ],
  [
    'a file that is not there',
    NO_WORKSPACES,
    { DATABRICKS_CONFIG_PROFILE: 'prod', DATABRICKS_CONFIG_FILE: '/nowhere/at/all' },
    'environment DATABRICKS_CONFIG_PROFILE: /nowhere/at/all: cannot be read (no such file)',
  ],
]

for (const [name, yaml, env, problem] of problems) {
  t.test(`${name} is refused`, async (t) => {
    const { result } = await read(t, yaml, env)
    t.same('problems' in result && result.problems, [problem])
  })
}

t.test('the file at home, when no other one is named', async (t) => {
  const home = t.testdir({ '.databrickscfg': CFG })
  const files = { 'gateway.yaml': NO_WORKSPACES, '.databrickscfg': CFG }
  const result = await readFiles(t, { files, env: { HOME: home, DATABRICKS_CONFIG_FILE: '' } })
  t.match('config' in result && result.config.workspaces['default'], { host: HOST })
})

t.test('the profile that the tools would take', async (t) => {
  const profiles = readProfiles(`${CFG}[__settings__]\ndefault_profile = prod\n`)
  t.equal(chooseProfile(profiles, undefined), 'prod')
  t.equal(chooseProfile(profiles, 'cli'), 'cli')
  t.equal(chooseProfile(profiles, '__settings__'), undefined, 'settings are no profile')
  t.equal(chooseProfile(readProfiles(CFG), undefined), 'DEFAULT')
})

t.test('what stands behind a key is read as it was written', async () => {
  const secret = fc.stringMatching(/^[!-~]{1,40}$/).filter((text) => !/^["'`#;]/.test(text))
  const name = fc.stringMatching(/^[A-Za-z0-9._ -]{0,20}[A-Za-z0-9]$/).map((text) => text.trim())
  fc.assert(
    fc.property(
      name,
      secret,
      fc.constantFrom('=', ' = ', ':', ' : '),
      fc.constantFrom('\n', '\r\n'),
      (name, value, is, end) => {
        const text = ['# c', `[${name}]`, `token${is}${value}`, ''].join(end)
        return readProfiles(text).get(name)?.get('token') === value
      },
    ),
  )
})
