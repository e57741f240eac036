import t from 'tap'
import { readFiles } from '../../support/config-files.ts'

const files = { 'gateway.yaml': 'server: { instance: test }' }
const HOST = 'https://adb-1.azuredatabricks.net'
const RESOURCE = '/subscriptions/s/resourceGroups/g/providers/Microsoft.Databricks/workspaces/w'
const AZURE = { AZURE_TENANT_ID: 'tenant', AZURE_CLIENT_ID: 'app', AZURE_FEDERATED_TOKEN_FILE: import.meta.filename }
const ARM = { ARM_TENANT_ID: 'tenant', ARM_CLIENT_ID: 'app', ARM_CLIENT_SECRET: 's3cret' }
const M2M = { DATABRICKS_CLIENT_ID: 'app', DATABRICKS_CLIENT_SECRET: 'dose1' }

const kinds: [name: string, env: NodeJS.ProcessEnv, auth: object][] = [
  [
    'the OAuth secret of a service principal',
    M2M,
    { type: 'oauth-m2m', client_id: 'app', client_secret: { env: 'DATABRICKS_CLIENT_SECRET' } },
  ],
  [
    'the same from the account',
    { ...M2M, DATABRICKS_ACCOUNT_ID: 'acc', DATABRICKS_DISCOVERY_URL: 'https://accounts.test/oidc' },
    {
      ...{ type: 'oauth-m2m', client_id: 'app', client_secret: { env: 'DATABRICKS_CLIENT_SECRET' } },
      ...{ account_id: 'acc', discovery_url: 'https://accounts.test/oidc' },
    },
  ],
  [
    'a personal access token; an empty variable is none',
    { DATABRICKS_TOKEN: 'dapi1', DATABRICKS_CLIENT_SECRET: '' },
    { type: 'pat', token: { env: 'DATABRICKS_TOKEN' } },
  ],
  [
    'a service principal of Entra',
    { ...ARM, ARM_ENVIRONMENT: 'USGOVERNMENT', DATABRICKS_AZURE_RESOURCE_ID: RESOURCE },
    {
      ...{
        type: 'azure-client-secret',
        tenant_id: 'tenant',
        client_id: 'app',
        client_secret: { env: 'ARM_CLIENT_SECRET' },
      },
      ...{ azure_environment: 'usgovernment', workspace_resource_id: RESOURCE },
    },
  ],
  [
    'a token of an identity provider in a variable',
    { DATABRICKS_OIDC_TOKEN: 'eyJ', DATABRICKS_CLIENT_ID: 'app' },
    { type: 'oidc-federation', subject_token: { env: 'DATABRICKS_OIDC_TOKEN' }, client_id: 'app' },
  ],
  [
    'in a variable that is named',
    { DATABRICKS_OIDC_TOKEN_ENV: 'MINE', MINE: 'eyJ' },
    { type: 'oidc-federation', subject_token: { env: 'MINE' } },
  ],
  [
    'in a file',
    { DATABRICKS_OIDC_TOKEN_FILEPATH: import.meta.filename },
    { type: 'oidc-federation', subject_token: { file: import.meta.filename } },
  ],
  [
    'the identity of a workload, when nothing else is said',
    { ...AZURE, AZURE_AUTHORITY_HOST: 'https://login.test/' },
    {
      ...{ type: 'azure-workload-identity', tenant_id: 'tenant', client_id: 'app' },
      ...{ federated_token: { file: import.meta.filename }, authority_host: 'https://login.test/' },
    },
  ],
  [
    'not that identity, which may be there for other reasons, when something else is said',
    { ...AZURE, DATABRICKS_TOKEN: 'dapi1' },
    { type: 'pat', token: { env: 'DATABRICKS_TOKEN' } },
  ],
  [
    'the one of two kinds that is named',
    { ...ARM, ...M2M, DATABRICKS_AUTH_TYPE: 'azure-client-secret' },
    { type: 'azure-client-secret', tenant_id: 'tenant', client_id: 'app', client_secret: { env: 'ARM_CLIENT_SECRET' } },
  ],
  [
    'a federation that is named, by its file',
    {
      DATABRICKS_OIDC_TOKEN: 'eyJ',
      DATABRICKS_OIDC_TOKEN_FILEPATH: import.meta.filename,
      DATABRICKS_AUTH_TYPE: 'file-oidc',
    },
    { type: 'oidc-federation', subject_token: { file: import.meta.filename } },
  ],
]

for (const [name, env, auth] of kinds) {
  t.test(`the variables say: ${name}`, async (t) => {
    const result = await readFiles(t, { files, env: { DATABRICKS_HOST: HOST, ...env } })
    // The file of these cases, this one, holds no single line.
    const problems = 'problems' in result ? result.problems.filter((text) => !text.includes('more than one line')) : []
    t.same(problems, [])
    if ('config' in result) t.match(result.config.workspaces['default'], { host: HOST, auth })
    if ('config' in result) t.same({ ...result.config.workspaces['default']?.auth }, auth)
  })
}

t.test('the host may be bare, and tell which of its workspaces is meant', async (t) => {
  const hosts: [string, NodeJS.ProcessEnv, object][] = [
    ['adb-1.azuredatabricks.net/', {}, { host: HOST, workspace_id: undefined }],
    [`${HOST}/?o=12&a=x`, {}, { host: HOST, workspace_id: '12' }],
    [`${HOST}/?w=abc-1&o=12`, {}, { host: HOST, workspace_id: 'abc-1' }],
    [`${HOST}/?o=12`, { DATABRICKS_WORKSPACE_ID: '34' }, { host: HOST, workspace_id: '34' }],
  ]
  for (const [DATABRICKS_HOST, env, workspace] of hosts) {
    const result = await readFiles(t, { files, env: { DATABRICKS_HOST, DATABRICKS_TOKEN: 'dapi1', ...env } })
    const { host, workspace_id } = ('config' in result && result.config.workspaces['default']) || {}
    t.strictSame({ host, workspace_id }, workspace, DATABRICKS_HOST)
  }
})

t.test('the id of a workspace needs no quotes as long as it is exact', async (t) => {
  const written = (id: string) =>
    `workspaces: { main: { host: "http://localhost", workspace_id: ${id}, auth: { type: pat, token: { env: T } } } }`
  const read = (id: string) => readFiles(t, { files: { 'gateway.yaml': written(id) }, env: { T: 'x' } })
  t.match(await read('1234567890123456'), { config: { workspaces: { main: { workspace_id: '1234567890123456' } } } })
  t.match(await read('12345678901234567'), { problems: [/workspace_id: must be the id of the workspace, in quotes/] })
})

t.test('what is written of a workload identity goes before what the cluster says', async (t) => {
  const auth = '{ type: azure-workload-identity, client_id: mine, federated_token: { env: T } }'
  const yaml = `workspaces: { main: { host: "http://localhost", auth: ${auth} } }`
  const env = { ...AZURE, AZURE_AUTHORITY_HOST: 'https://login.test/', T: 'eyJ' }
  const result = await readFiles(t, { files: { 'gateway.yaml': yaml }, env })
  t.same('config' in result && { ...result.config.workspaces['main']?.auth }, {
    ...{ type: 'azure-workload-identity', tenant_id: 'tenant', client_id: 'mine' },
    ...{ federated_token: { env: 'T' }, authority_host: 'https://login.test/' },
  })
})

t.test('workspaces in a file leave the variables alone', async (t) => {
  const yaml = 'workspaces: { main: { host: "http://localhost", auth: { type: pat, token: { env: T } } } }'
  const env = { T: 'x', DATABRICKS_HOST: HOST, DATABRICKS_TOKEN: 'x', DATABRICKS_CLIENT_SECRET: 'y' }
  const result = await readFiles(t, { files: { 'gateway.yaml': yaml }, env })
  t.same('config' in result && Object.keys(result.config.workspaces), ['main'])
})

const cases: [name: string, env: NodeJS.ProcessEnv, problem: string][] = [
  ['nothing set', {}, 'DATABRICKS_HOST: is not set; set it to the address of the workspace, or configure workspaces'],
  [
    'two kinds of credential',
    { DATABRICKS_HOST: HOST, DATABRICKS_TOKEN: 'dapi1', DATABRICKS_CLIENT_SECRET: 'dose1' },
    'DATABRICKS_TOKEN: (pat) is set beside DATABRICKS_CLIENT_SECRET (oauth-m2m): two kinds of credential; unset one of the two, or name the one that is meant as DATABRICKS_AUTH_TYPE',
  ],
  [
    'two kinds, of Databricks and of Entra',
    { DATABRICKS_HOST: HOST, ...M2M, ...ARM },
    'DATABRICKS_CLIENT_SECRET: (oauth-m2m) is set beside ARM_CLIENT_SECRET (azure-client-secret): two kinds of credential; unset one of the two, or name the one that is meant as DATABRICKS_AUTH_TYPE',
  ],
  [
    'two places of a federated token',
    { DATABRICKS_HOST: HOST, DATABRICKS_OIDC_TOKEN: 'eyJ', DATABRICKS_OIDC_TOKEN_FILEPATH: '/x' },
    'DATABRICKS_OIDC_TOKEN: (env-oidc) is set beside DATABRICKS_OIDC_TOKEN_FILEPATH (file-oidc): two kinds of credential; unset one of the two, or name the one that is meant as DATABRICKS_AUTH_TYPE',
  ],
  [
    'a way that needs a person',
    { DATABRICKS_HOST: HOST, DATABRICKS_AUTH_TYPE: 'databricks-cli' },
    'DATABRICKS_AUTH_TYPE: names a way to sign in that the gateway does not have; it has pat, oauth-m2m, env-oidc, oidc-federation, file-oidc, azure-client-secret, azure-workload-identity',
  ],
  [
    'a credential without a host',
    { DATABRICKS_TOKEN: 'dapi1' },
    'DATABRICKS_HOST: must be set beside DATABRICKS_TOKEN; set it to the address of the workspace, or configure workspaces',
  ],
  [
    'a host without a credential',
    { DATABRICKS_HOST: HOST },
    'DATABRICKS_CLIENT_ID: must be set beside DATABRICKS_HOST and DATABRICKS_CLIENT_SECRET, or another kind of credential (docs/credentials.md)',
  ],
  [
    'half a credential',
    { DATABRICKS_HOST: HOST, DATABRICKS_CLIENT_ID: 'app' },
    'DATABRICKS_CLIENT_SECRET: must be set beside DATABRICKS_HOST and DATABRICKS_CLIENT_ID',
  ],
  [
    'half of one of Entra',
    { DATABRICKS_HOST: HOST, ARM_CLIENT_ID: 'app', ARM_CLIENT_SECRET: 's3cret' },
    'ARM_TENANT_ID: must be set beside DATABRICKS_HOST and ARM_CLIENT_ID and ARM_CLIENT_SECRET',
  ],
  [
    'a host that is none',
    { DATABRICKS_HOST: 'https://adb-1.azuredatabricks.net/jobs', DATABRICKS_TOKEN: 'dapi1' },
    'DATABRICKS_HOST: must be an address without a path; write https://adb-1.azuredatabricks.net',
  ],
  [
    'a cloud that there is not',
    { DATABRICKS_HOST: HOST, ...ARM, ARM_ENVIRONMENT: 'GERMANY' },
    'ARM_ENVIRONMENT: must be one of public, usgovernment, china',
  ],
]

for (const [name, env, problem] of cases) {
  t.test(`${name} is refused`, async (t) => {
    const result = await readFiles(t, { files, env })
    t.same('problems' in result && result.problems, [`environment ${problem}`])
  })
}
