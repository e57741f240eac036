import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { hashKey } from '../../src/config/key-hash.ts'
import { readFiles } from '../support/config-files.ts'

const PAGES = fileURLToPath(new URL('../../docs/schedulers/', import.meta.url))

/** What stands in a gateway's configuration before a client is added. */
const BASE = `
server: { instance: test }
workspaces: { main: { host: https://adb-1.azuredatabricks.net, auth: { type: pat, token: { env: TOKEN } } } }
jobs: { nightly-load: { job_id: "1", owner: me } }
`

for await (const page of glob('*.md', { cwd: PAGES })) {
  t.test(`the client of ${page} is taken as it stands there`, async (t) => {
    const text = await readFile(join(PAGES, page), 'utf8')
    const [, block = ''] = /```yaml\n((?:server|clients):.*?)```/s.exec(text) ?? []
    const client = block.replaceAll('sha256:…', hashKey('a key'))
    const files = {
      'base.yaml': BASE,
      'client.yaml': client,
      'secrets/signing-key': 'made by openssl rand -base64 32 ',
    }
    const result = await readFiles(t, { files, read: ['base.yaml', 'client.yaml'], env: { TOKEN: 'secret' } })
    t.match(result, { config: { clients: Object } })
    if ('config' in result) t.equal(Object.keys(result.config.clients).length, 1)
  })
}
