import { hostname } from 'node:os'
import t, { type Test } from 'tap'
import { createAuditReload } from '../src/audit-reload.ts'
import type { Config } from '../src/config/schema.ts'
import { createLogger } from '../src/log.ts'
import type { AuditEvent } from '../src/runs/audit.ts'
import { LedgerError } from '../src/runs/store.ts'
import { collectLines } from './support/collect-lines.ts'
import { readFiles } from './support/config-files.ts'

const NOW = Date.UTC(2026, 10, 22)

const workspaces = `workspaces: { main: { host: "http://127.0.0.1:1", auth: { type: pat, token: { env: TOKEN } } } }`
const jobs = ['a: { job_id: "1", owner: x }', 'b: { job_id: "2" }']

async function read(t: Test, yaml: string): Promise<Config> {
  const found = await readFiles(t, { files: { 'gateway.yaml': yaml }, env: { TOKEN: 'a-secret-token' } })
  if ('problems' in found) throw new Error(found.problems.join('\n'))
  return found.config
}

function start(record: (event: AuditEvent) => Promise<void>) {
  const log = collectLines()
  const logger = createLogger({ level: 'info', destination: log.destination })
  const clock = { now: () => NOW, sleep: async () => {} }
  return { log, audit: createAuditReload({ record, clock, log: logger }) }
}

t.test('a reload is recorded and logged, with what tells one configuration from another', async (t) => {
  const before = await read(t, `${workspaces}\njobs: { ${jobs.join(', ')} }`)
  const same = await read(t, `jobs: { ${jobs.toReversed().join(', ')} }\n${workspaces}`)
  const next = await read(t, `${workspaces}\njobs: { ${jobs[0]} }`)
  const recorded: AuditEvent[] = []
  const { log, audit } = start(async (event) => void recorded.push(event))
  await audit.applied('signal', before, same, [])
  await audit.applied('change', before, next, ['jobs'])
  audit.refused('change')

  const [asked, changed, ...others] = recorded.map(({ detail }) => detail)
  t.match(recorded[0], { at: NOW, action: 'reload', result: 'applied', client: null, job: null, ref: null })
  t.match(asked, { host: hostname(), cause: 'signal', changed: [], config_before: /^sha256:[0-9a-f]{64}$/ })
  t.equal(asked?.['config_after'], asked?.['config_before'], 'in whatever order it is written')
  t.match(changed, { cause: 'change', changed: ['jobs'], config_before: asked?.['config_before'] })
  t.not(changed?.['config_after'], changed?.['config_before'])
  t.same(others, [])
  t.match(log.lines(), [
    { event: 'audit', action: 'reload', result: 'applied', ...asked },
    { event: 'audit', action: 'reload', result: 'applied', ...changed },
    { event: 'audit', action: 'reload', result: 'refused', host: hostname(), cause: 'change' },
  ])
})

t.test('a ledger that fails does not fail the reload', async (t) => {
  const config = await read(t, workspaces)
  const { log, audit } = start(() => Promise.reject(new LedgerError('no disk')))
  await audit.applied('signal', config, config, [])
  t.match(log.lines(), [
    { event: 'audit', result: 'applied' },
    { level: 'error', event: 'audit.unrecorded', err: { message: 'no disk' } },
  ])
})
