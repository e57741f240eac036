import t from 'tap'
import { formatPath } from '../../../src/config/problem.ts'
import { checkRestart } from '../../../src/config/rules/restart.ts'
import { BASE, readFiles } from '../../support/config-files.ts'

const cases: [yaml: string, paths: string[]][] = [
  ['', []],
  ['server: { port: 8081, host: 127.0.0.1 }', ['server.host', 'server.port']],
  ['server: { metrics_port: null }', ['server.metrics_port']],
  ['server: { instance: other, trusted_proxies: [10.0.0.0/8] }', ['server.instance', 'server.trusted_proxies']],
  ['ledger: { url: "sqlite:other.db", synchronous: normal }', ['ledger.synchronous', 'ledger.url']],
  ['server: { contact: me, public_url: "https://jobs.example.com", max_wait_seconds: 1, drain_seconds: 1 }', []],
  ['server: { trigger_timeout_seconds: 1 }\nwatch: { max_interval_seconds: 60 }\njobs: { a: { job_id: "1" } }', []],
]

async function read(t: Parameters<typeof readFiles>[0], yaml: string) {
  const result = await readFiles(t, { files: { 'gateway.yaml': `${yaml}\n${BASE}` }, env: { TOKEN: 'x' } })
  if ('problems' in result) throw new Error(result.problems.join('\n'))
  return result.config
}

for (const [yaml, paths] of cases) {
  t.test(yaml || 'nothing', async (t) => {
    const [before, next] = [await read(t, ''), await read(t, yaml)]
    t.same(
      checkRestart(next, before)
        .map(({ path }) => formatPath(path))
        .sort(),
      paths,
    )
  })
}
