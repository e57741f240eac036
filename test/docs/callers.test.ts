import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { CREDENTIAL_FAULTS } from '../../src/http/credential-faults.ts'
import { BASE, readFiles } from '../support/config-files.ts'

const page = readFileSync(fileURLToPath(new URL('../../docs/callers.md', import.meta.url)), 'utf8')
const examples = [...page.matchAll(/^```yaml\n(issuers:.*?)^```$/gms)].map(([, yaml = '']) => yaml)
const JOBS = 'jobs: { nightly-load: { job_id: "1" }, smoke-test: { job_id: "2" } }\n'

t.ok(examples.length >= 6, 'the examples were found')

for (const [i, yaml] of examples.entries()) {
  t.test(`example ${i + 1} is a configuration`, async (t) => {
    const files = { 'gateway.yaml': BASE + JOBS + yaml.replace(/\/var\/run\/secrets\/[\w./]+ca\.crt/, 'ca.crt') }
    const result = await readFiles(t, { files: { ...files, 'ca.crt': 'a certificate' }, env: { TOKEN: 'x' } })
    t.same('problems' in result ? result.problems : [], [])
  })
}

t.test('every reason why a token is refused is explained', async (t) => {
  for (const reason of [
    ...Object.keys(CREDENTIAL_FAULTS).filter((name) => name.startsWith('token_')),
    'issuer_unavailable',
  ])
    t.ok(page.includes(`\`${reason}\``), reason)
})
