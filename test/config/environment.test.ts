import t from 'tap'
import { readFiles } from '../support/config-files.ts'

const files = { 'gateway.yaml': 'server: { instance: test }' }
const HOST = 'https://adb-1.azuredatabricks.net'

t.test("Databricks' own variables make the workspace default", async (t) => {
  const m2m = { DATABRICKS_HOST: HOST, DATABRICKS_CLIENT_ID: 'app', DATABRICKS_CLIENT_SECRET: 'dose1' }
  t.match(await readFiles(t, { files, env: m2m }), {
    config: {
      workspaces: {
        default: {
          host: HOST,
          auth: { type: 'oauth-m2m', client_id: 'app', client_secret: { env: 'DATABRICKS_CLIENT_SECRET' } },
        },
      },
    },
  })
  const pat = { DATABRICKS_HOST: 'adb-1.azuredatabricks.net/', DATABRICKS_TOKEN: 'dapi1', DATABRICKS_CLIENT_ID: '' }
  t.match(
    await readFiles(t, { files, env: pat }),
    { config: { workspaces: { default: { host: HOST, auth: { type: 'pat', token: { env: 'DATABRICKS_TOKEN' } } } } } },
    'a bare host name is https, an empty variable is none',
  )
})

t.test('workspaces in a file leave the variables alone', async (t) => {
  const yaml = 'workspaces: { main: { host: "http://localhost", auth: { type: pat, token: { env: T } } } }'
  const env = { T: 'x', DATABRICKS_HOST: HOST, DATABRICKS_TOKEN: 'x', DATABRICKS_CLIENT_ID: 'y' }
  const result = await readFiles(t, { files: { 'gateway.yaml': yaml }, env })
  t.same('config' in result && Object.keys(result.config.workspaces), ['main'])
})

const cases: [name: string, env: NodeJS.ProcessEnv, problem: string][] = [
  ['nothing set', {}, 'DATABRICKS_HOST: is not set; set it to the address of the workspace, or configure workspaces'],
  [
    'both kinds of credential',
    { DATABRICKS_HOST: HOST, DATABRICKS_TOKEN: 'dapi1', DATABRICKS_CLIENT_SECRET: 'dose1' },
    'DATABRICKS_TOKEN: is set beside DATABRICKS_CLIENT_SECRET: two kinds of credential; unset one of the two kinds',
  ],
  [
    'a credential without a host',
    { DATABRICKS_TOKEN: 'dapi1' },
    'DATABRICKS_HOST: must be set beside DATABRICKS_TOKEN; set it to the address of the workspace, or configure workspaces',
  ],
  [
    'a host without a credential',
    { DATABRICKS_HOST: HOST },
    'DATABRICKS_CLIENT_ID: must be set beside DATABRICKS_HOST and DATABRICKS_CLIENT_SECRET (or DATABRICKS_TOKEN alone)',
  ],
  [
    'half a credential',
    { DATABRICKS_HOST: HOST, DATABRICKS_CLIENT_ID: 'app' },
    'DATABRICKS_CLIENT_SECRET: must be set beside DATABRICKS_HOST and DATABRICKS_CLIENT_ID',
  ],
  [
    'a host that is none',
    { DATABRICKS_HOST: 'https://adb-1.azuredatabricks.net/jobs', DATABRICKS_TOKEN: 'dapi1' },
    'DATABRICKS_HOST: must be an address without a path; write https://adb-1.azuredatabricks.net',
  ],
]

for (const [name, env, problem] of cases) {
  t.test(`${name} is refused`, async (t) => {
    const result = await readFiles(t, { files, env })
    t.same('problems' in result && result.problems, [`environment ${problem}`])
  })
}
