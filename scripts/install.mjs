// Makes `npm test`, `npm run demo` and the others work on a fresh clone: installs what is missing, else does nothing.
// Plain JavaScript for any Node: it runs before the project's own Node (a dev dependency) is there.
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const modified = (file) => (existsSync(root + file) ? statSync(root + file).mtimeMs : 0)
const run = (command, args) => {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' })
  if (status !== 0) process.exit(status ?? 1)
}

// npm writes this file last, so an install that was broken off is done again.
const installed = 'node_modules/.package-lock.json'
if (modified(installed) < modified('package-lock.json')) {
  // Not `npm ci`: it insists on packages for platforms that a registry mirror may not carry. The lock file holds all the same.
  run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'])
  // tap is told once which of its plug-ins to use (.taprc); else its first run would do it in the middle of the tests.
  run('npm', ['exec', '--', 'tap', 'build'])
}
