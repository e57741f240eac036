import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { AuthSchema } from '../../src/config/schema/auth.ts'
import { readFiles } from '../support/config-files.ts'

const page = readFileSync(fileURLToPath(new URL('../../docs/credentials.md', import.meta.url)), 'utf8')
const examples = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, yaml = '']) => yaml)
const FILES = [
  '/run/secrets/databricks',
  '/run/secrets/entra',
  '/run/secrets/proxy',
  '/run/identity/token',
  '/etc/ssl/private-ca.pem',
]
const PROFILE = '[prod]\nhost = https://adb-1.7.azuredatabricks.net\ntoken = dapi-of-the-profile\n'

t.ok(examples.length >= 10, 'the examples were found')

for (const [i, yaml] of examples.entries()) {
  t.test(`example ${i + 1} is a configuration`, async (t) => {
    // Absolute paths of the page lie in the folder of the test.
    const files = {
      'gateway.yaml': `server: { instance: prod }\n${FILES.reduce((text, file) => text.replaceAll(file, 'secret'), yaml)}`,
    }
    const env = { DATABRICKS_CONFIG_FILE: join(t.testdirName, 'profiles') }
    const result = await readFiles(t, { files: { ...files, secret: 'a secret', profiles: PROFILE }, env })
    t.same('problems' in result ? result.problems : [], [])
  })
}

t.test('every kind has its part', async (t) => {
  for (const { properties } of AuthSchema.anyOf) t.match(page, new RegExp(`^## ${properties.type.const}$`, 'm'))
})
