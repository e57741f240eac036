// Prints the bill of materials (CycloneDX) of what the gateway runs with. npm makes it, of a copy of the lock file that
// knows nothing but that: `npm sbom --omit dev` leaves out whatever tools for development happen to use as well.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const { devDependencies, scripts, ...manifest } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))

const scratch = mkdtempSync(join(tmpdir(), 'sbom-'))
process.on('exit', () => rmSync(scratch, { recursive: true }))
// npm names what it describes after its folder.
const cwd = join(scratch, manifest.name)
mkdirSync(cwd)
writeFileSync(join(cwd, 'package.json'), JSON.stringify(manifest))
copyFileSync(`${root}package-lock.json`, join(cwd, 'package-lock.json'))

const npm = (stdout, ...args) => {
  const { status } = spawnSync('npm', [...args, '--package-lock-only', '--loglevel=error'], {
    cwd,
    stdio: ['ignore', stdout, 'inherit'],
    shell: process.platform === 'win32',
  })
  if (status !== 0) process.exit(status ?? 1)
}
npm('ignore', 'prune', '--offline')
npm('inherit', 'sbom', '--sbom-format=cyclonedx')
