import { access, glob, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** `[text](target)` outside of code; `#part` names a heading. */
const LINK = /\[[^\]]*\]\(([^)\s]+)\)/g

/** As GitHub names the anchor of a heading. */
function toAnchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-')
}

const withoutCode = (text: string) => text.replaceAll(/^```.*?^```/gms, '').replaceAll(/`[^`\n]*`/g, 'code')

async function anchorsOf(file: string): Promise<string[]> {
  const text = (await readFile(file, 'utf8')).replaceAll(/^```.*?^```/gms, '')
  return [...text.matchAll(/^#+ +(.*)$/gm)].map(([, heading]) => toAnchor(heading ?? ''))
}

/** Everything that is written here, and nothing that was installed. */
const exclude = ['node_modules/**', '.tap/**', 'data/**']
const files = await Array.fromAsync(glob('**/*.md', { cwd: ROOT, exclude }))

t.ok(files.includes('README.md') && files.includes('docs/schedulers.md'), 'the documents were found')

for (const file of files) {
  t.test(`links of ${file}`, async (t) => {
    const text = withoutCode(await readFile(join(ROOT, file), 'utf8'))
    for (const [, link = ''] of text.matchAll(LINK)) {
      if (/^[a-z]+:/.test(link)) continue
      const [path = '', anchor] = link.split('#')
      const target = path === '' ? join(ROOT, file) : join(ROOT, dirname(file), path)
      await t.resolves(access(target), link)
      if (anchor !== undefined) t.ok((await anchorsOf(target)).includes(anchor), `${link}: no such heading`)
    }
  })
}
