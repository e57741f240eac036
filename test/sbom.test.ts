import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import manifest from '../package.json' with { type: 'json' }

interface Component {
  name: string
  version: string
  hashes?: object[]
  licenses?: ({ license: { id: string } } | { expression: string })[]
}

/** Licences that ask for no more than to be named: https://www.apache.org/legal/resolved.html, category A. */
const PERMISSIVE = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT', 'MIT-0']

t.test('the bill of materials names every dependency, its hash, and a licence that goes with ours', async (t) => {
  const { stdout } = await promisify(execFile)('npm', ['run', '--silent', 'sbom'], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    maxBuffer: 2 ** 24,
  })
  const { bomFormat, components }: { bomFormat: string; components: Component[] } = JSON.parse(stdout)
  t.equal(bomFormat, 'CycloneDX')
  const names = components.map(({ name }) => name)
  t.strictSame(
    // Some are used by tools for development, too, for which npm's own --omit=dev leaves them out.
    Object.keys(manifest.dependencies).filter((name) => !names.includes(name)),
    [],
  )
  t.notOk(names.includes('typescript'), 'nothing that is for development only')
  for (const { name, version, hashes = [], licenses = [] } of components) {
    const licence = licenses.map((given) => ('license' in given ? given.license.id : given.expression)).join()
    t.ok(PERMISSIVE.includes(licence), `${name} ${version}: ${licence}`)
    t.not(hashes.length, 0, `${name} ${version} has a hash`)
  }
})
