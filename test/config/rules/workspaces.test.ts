import t from 'tap'
import { readFiles } from '../../support/config-files.ts'

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
      '2:74 workspaces.main.proxy.url: holds a user name or password; write them beside it, as user: NAME and password: {env: NAME} or {file: PATH}',
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
    'a user of the proxy that nobody knows, and a password that is not there',
    'host: https://adb-1.azuredatabricks.net, proxy: { url: "http://p:1", password: { env: NOPE } }, auth: { type: pat, token: { env: TOKEN } }',
    [
      '2:52 workspaces.main.proxy.user: is missing: whose password that is',
      '2:80 workspaces.main.proxy.password: environment variable NOPE is not set; put the secret there',
    ],
  ],
  [
    'a token server that is not safe',
    'host: https://adb-1.azuredatabricks.net, auth: { type: azure-client-secret, tenant_id: t, client_id: c, client_secret: { env: TOKEN }, authority_host: http://login.example.com }',
    [
      '2:146 workspaces.main.auth.authority_host: is plain http, so the credential would travel in the clear; write https://login.example.com',
    ],
  ],
  [
    'an identity of Entra that nobody told',
    'host: https://adb-1.azuredatabricks.net, auth: { type: azure-workload-identity, client_id: c }',
    [
      '2:52 workspaces.main.auth.tenant_id: is missing, and AZURE_TENANT_ID is not set either',
      '2:52 workspaces.main.auth.federated_token: is missing, and AZURE_FEDERATED_TOKEN_FILE is not set either',
    ],
  ],
  [
    'a resource id that is none',
    'host: https://adb-1.azuredatabricks.net, auth: { type: azure-workload-identity, tenant_id: t, client_id: c, federated_token: { env: TOKEN }, workspace_resource_id: w }',
    [
      '2:152 workspaces.main.auth.workspace_resource_id: must be an id such as /subscriptions/…/resourceGroups/…/providers/Microsoft.Databricks/workspaces/…',
    ],
  ],
  [
    'neither host nor auth',
    'ca: { file: gateway.yaml }',
    [
      '2:3 workspaces.main.host: is missing: https address of the workspace; or profile',
      '2:3 workspaces.main.auth: is missing: how the gateway signs in; or profile',
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
