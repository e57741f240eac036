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
