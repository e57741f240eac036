import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { describeLedger } from '../../src/check/ledger.ts'
import type { LedgerView } from '../../src/ledger/inspect.ts'
import { openLedger } from '../../src/ledger/open.ts'
import { startGateway, startSimulator, writeConfig } from '../support/gateway.ts'
import { codesOf, readReport, runCheck, troublesIn } from './support/run-check.ts'

const jobs = { load: { job_id: '1' } }
const JOBS = [{ job_id: '1', name: 'Load', tasks: [{ task_key: 'load', duration_ms: 1 }] }]

t.test('a gateway that works on it is not disturbed', async (t) => {
  const simulator = await startSimulator(t, { jobs: JOBS })
  const file = writeConfig(t, simulator, { jobs })
  const gateway = await startGateway(t, file)
  const folder = join(dirname(file), 'data')
  const before = readdirSync(folder)
  const { code, stdout } = await runCheck(t, file)
  t.match(stdout, /^✔ ledger +sqlite:.*runs\.db is in use by process \d+ on .+, which has it alone$/m)
  t.equal(code, 0)
  t.strictSame(readdirSync(folder), before)
  t.match(await gateway.trigger('load', undefined, { key: 'after-the-check' }), { status: 202 })

  gateway.signal('SIGKILL')
  await gateway.exited
  const left = readdirSync(folder)
  t.match((await runCheck(t, file)).stdout, /runs\.db was left by a process that died; the next start takes it over$/m)
  t.strictSame(readdirSync(folder), left)
})

t.test('a ledger that nobody has: its schema, and whose it is', async (t) => {
  const simulator = await startSimulator(t, { jobs: JOBS })
  const file = writeConfig(t, simulator, { jobs })
  const url = `sqlite:${join(dirname(file), 'data', 'runs.db')}`
  t.match((await runCheck(t, file)).stdout, /^✔ ledger +sqlite:.* is made at the first start$/m)
  t.notOk(readdirSync(dirname(file)).includes('data'), 'nothing is made')

  await (await openLedger({ url, instance: 'test' })).close()
  const before = readdirSync(join(dirname(file), 'data'))
  const { stdout } = await runCheck(t, file)
  t.match(stdout, /^✔ ledger +SQLite opens · schema \d{4}-[\w-]+ · of instance test · no gateway works on it now$/m)
  t.strictSame(readdirSync(join(dirname(file), 'data')), before, 'nothing is made beside it')
  await (await openLedger({ url, instance: 'test' })).close()

  writeFileSync(file, readFileSync(file, 'utf8').replace('"instance": "test"', '"instance": "prod"'))
  const [line = '', ...more] = troublesIn((await runCheck(t, file)).stdout)
  t.match(line, /^✘ ledger +instance: it belongs to instance "test", .* "prod" → restore server\.instance: test, or/)
  t.strictSame(more, [])
})

t.test('a file that is no ledger', async (t) => {
  const simulator = await startSimulator(t, { jobs: JOBS })
  const file = writeConfig(t, simulator, { jobs, ledger: { url: 'sqlite:./notes.txt' } })
  writeFileSync(join(dirname(file), 'notes.txt'), 'Nothing to do with runs.\n'.repeat(100))
  t.match(troublesIn((await runCheck(t, file)).stdout), [
    /^✘ ledger +open: .*notes\.txt is no ledger: it is not an SQLite database → correct ledger\.url/,
  ])
  t.strictSame(codesOf(await readReport(t, file)), ['ledger-unusable'])
})

t.test('PostgreSQL that is not there', async (t) => {
  const simulator = await startSimulator(t, { jobs: JOBS })
  const ledger = { url: 'postgres://gateway@127.0.0.1:9/ledger' }
  const file = writeConfig(t, simulator, { jobs, ledger })
  t.match(troublesIn((await runCheck(t, file)).stdout), [
    /^✘ ledger +open: .*gateway@127\.0\.0\.1:9\/ledger cannot be opened: .*ECONNREFUSED.* → correct ledger\.url, ledger\.password/,
  ])
  const { stdout } = await runCheck(t, file, ['--offline'])
  t.match(stdout, /^· ledger +PostgreSQL is not asked \(--offline\)$/m)
})

t.test('what a ledger shows is put into words', async (t) => {
  const server = { instance: 'prod' } as Parameters<typeof describeLedger>[1]['server']
  const describe = (changes: Partial<Extract<LedgerView, { kind: 'readable' }>>, migrations: 'at_start' | 'manual') => {
    const view: LedgerView = {
      kind: 'readable',
      server: 'PostgreSQL 15.1',
      schema: { found: '0002-b', needed: '0002-b', fit: 'fits' },
      instance: undefined,
      leases: [],
      listening: 'not_needed',
      ...changes,
    }
    const ledger = { migrations } as Parameters<typeof describeLedger>[1]['ledger']
    return describeLedger(view, { ledger, server }).map(({ code, message }) => code ?? message)
  }
  const behind = { schema: { found: '0001-a', needed: '0002-b', fit: 'behind' } } as const
  const cases: [ReturnType<typeof describe>, string][] = [
    [describe({}, 'manual'), 'schema 0002-b'],
    [describe(behind, 'at_start'), 'it has schema 0001-a; the next start brings it to 0002-b'],
    [describe(behind, 'manual'), 'ledger-behind'],
    [
      describe({ schema: { ...behind.schema, found: undefined } }, 'at_start'),
      'it is empty; the next start brings it to 0002-b',
    ],
    [describe({ listening: { problem: 'Nobody hears.' } }, 'at_start'), 'ledger-deaf'],
    [describe({ listening: 'works' }, 'at_start'), 'replicas hear each other'],
    [describe({ schema: { found: '0004-d', needed: '0002-b', fit: 'too_new' } }, 'at_start'), 'ledger-too-new'],
    [describe({ instance: 'test' }, 'at_start'), 'ledger-of-another-instance'],
    [
      describe(
        {
          leases: [
            { name: 'watch:main', holder: 'a:1' },
            { name: 'replica:a:1', holder: 'a:1' },
          ],
        },
        'at_start',
      ),
      'main watched by a:1',
    ],
  ]
  for (const [described, word] of cases) t.ok(described.includes(word), `${word} in ${described.join(' · ')}`)
})
