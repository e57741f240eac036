// strip-types.mjs FROM TO: makes JavaScript of the TypeScript in FROM, for the image, where nothing could be kept from
// one start to the next. Types become blanks, so every line and column stays what it is in the sources.
import { glob, mkdir, readFile, writeFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join } from 'node:path'

const [from, to] = process.argv.slice(2)
/** `from './run.ts'`, `import('./commands/serve.ts')`: up to the suffix. */
const IMPORT = /(\b(?:from|import)\s*\(?\s*'\.{1,2}\/[^']+)\.ts(?=')/g

for await (const file of glob('**/*.ts', { cwd: from })) {
  const code = stripTypeScriptTypes(await readFile(join(from, file), 'utf8'))
  const target = join(to, file.replace(/\.ts$/, '.js'))
  await mkdir(dirname(target), { recursive: true })
  await writeFile(target, code.replace(IMPORT, '$1.js'))
}
