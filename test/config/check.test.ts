import t from 'tap'
import { BASE, readFiles } from '../support/config-files.ts'

t.test('mistakes of structure do not hide those behind them, nor make new ones', async (t) => {
  const yaml = `
jobs:
  a: { job_id: 1, parameters: { p: { type: dat } }, workspace: mian }
  b: { job_id: 1, workspace: mian }
clients:
  x: { keys: [gw_pasted], jobs: [a, z], permissions: [trigger], profile: own }
profiles:
  own: { wait: 1 }
server: { instance: 1, port: no, public_url: x }
`
  const result = await readFiles(t, { files: { 'gateway.yaml': yaml + BASE }, env: { TOKEN: 'x' } })
  t.same('problems' in result && result.problems.map((line) => line.split(': ')[0]), [
    'gateway.yaml:3:38 jobs.a.parameters.p.type',
    'gateway.yaml:4:19 jobs.b.workspace',
    'gateway.yaml:6:15 clients.x.keys[0]',
    'gateway.yaml:6:37 clients.x.jobs[1]',
    'gateway.yaml:8:10 profiles.own.wait',
    'gateway.yaml:9:11 server.instance',
    'gateway.yaml:9:24 server.port',
    'gateway.yaml:9:34 server.public_url',
  ])
})

t.test('the only workspace is that of a job, also when it is wrong in itself', async (t) => {
  const yaml = 'jobs: { a: { job_id: "1" } }\nworkspaces: { main: { host: "http://localhost", auth: x } }'
  const result = await readFiles(t, { files: { 'gateway.yaml': yaml } })
  t.same('problems' in result && result.problems, [
    'gateway.yaml:2:49 workspaces.main.auth: must be a mapping with type: one of oauth-m2m, pat, azure-client-secret, oidc-federation, azure-workload-identity',
  ])
})
