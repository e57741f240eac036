import t from 'tap'
import { startSimulator, writeConfig } from '../support/gateway.ts'
import { createSigningKey, startIssuer } from '../support/token-issuer.ts'
import { codesOf, M2M, readReport, runCheck } from './support/run-check.ts'

t.test('the keys of each issuer', async (t) => {
  const simulator = await startSimulator(t, { jobs: [{ job_id: '1', name: 'Load', tasks: [{ task_key: 'load' }] }] })
  const [good, silent, curved] = await Promise.all([startIssuer(t), startIssuer(t), startIssuer(t)])
  silent.trouble = (_request, response) => void response.writeHead(503).end()
  curved.keys = [await createSigningKey('curved', 'ES256')]
  const file = writeConfig(t, simulator, {
    workspace: { auth: M2M },
    jobs: { load: { job_id: '1' } },
    issuers: Object.fromEntries(
      Object.entries({ good, silent, curved }).map(([name, { url }]) => [name, { issuer: url, audience: ['gateway'] }]),
    ),
  })
  const { stdout, code } = await runCheck(t, file)
  t.match(stdout, /^✔ issuer good +1 key$/m)
  t.match(
    stdout,
    /^✘ issuer silent +keys: http:.*openid-configuration: its answer has the status 503 → correct issuers\.silent/m,
  )
  t.match(stdout, /^✘ issuer curved +keys: none of its keys is for RS256 → correct issuers\.curved\.algorithms/m)
  t.equal(code, 1)
  t.match(codesOf(await readReport(t, file)), ['issuer-unreachable', 'issuer-keys-unusable'])
  t.match((await runCheck(t, file, ['--offline'])).stdout, /^· issuer good +the issuer is not asked/m)
})
