import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { copyLedger } from '../../src/ledger/copy.ts'
import { openLedger } from '../../src/ledger/open.ts'
import { sampleRun } from '../ledger/sample.ts'
import { type Gateway, startGateway, startSimulator, writeConfig } from '../support/gateway.ts'
import { runProgram } from '../support/program.ts'
import { createDatabase, PASSWORD } from './support/postgres.ts'

const ENV = { TEST_CLIENT_SECRET: 'simulated-secret', LEDGER_PASSWORD: PASSWORD }

const job = (job_id: string, duration_ms: number) => ({
  ...{ job_id, name: `job-${job_id}`, pending_ms: 0, cleanup_ms: 0 },
  tasks: [{ task_key: 'main', duration_ms }],
})

/** How many runs of the job ended how. */
async function readTotals({ metricsUrl }: Gateway, name: string): Promise<string[]> {
  const text = await (await fetch(`${metricsUrl}/metrics`)).text()
  return text.split('\n').filter((line) => line.startsWith(`job_gateway_runs_finished_total{job="${name}"`))
}

t.test('a gateway moves from SQLite to PostgreSQL in the middle of its work', async (t) => {
  const database = await createDatabase(t, { empty: true })
  const simulator = await startSimulator(t, { jobs: [job('11', 50), job('12', 5_000)] })
  const config = writeConfig(t, simulator, { jobs: { quick: { job_id: '11' }, slow: { job_id: '12' } } })
  const text = readFileSync(config, 'utf8')
  const from: string = JSON.parse(text).ledger.url
  const ledger = { url: database.url, password: { env: 'LEDGER_PASSWORD' }, tls: { mode: 'disable' } }
  const moved = join(t.testdirName, 'postgres.yaml')
  writeFileSync(moved, JSON.stringify({ ...JSON.parse(text), ledger }))
  const copy = () => runProgram(t, ['ledger', 'copy', '--from', from, '--config', moved], { env: ENV })

  const before = await startGateway(t, config, ENV)
  t.match(await copy(), { code: 1, stdout: '', stderr: /is in use by process \d+ on .*\n$/ })
  const { body: quick } = await before.trigger('quick', undefined, { key: 'Q' })
  const ended = await before.ended(quick.id)
  const { body: slow } = await before.trigger('slow', undefined, { key: 'S' })
  const totals = await readTotals(before, 'quick')
  before.signal('SIGTERM')
  t.equal(await before.exited, 0)

  t.match(await copy(), { code: 0, stdout: /^runs +2\nattempts +2\n(.*\n)*.*every row has arrived\.\n$/, stderr: '' })
  t.same(await database.query("select result from runs where key = 'S'"), [{ result: '' }])

  const after = await startGateway(t, moved, ENV)
  t.same(await readTotals(after, 'quick'), totals)
  const again = (name: string, key: string) => after.trigger(name, undefined, { key })
  t.match((await again('quick', 'Q')).body, { id: quick.id, state: 'SUCCEEDED', replayed: true })
  t.match((await again('slow', 'S')).body, { id: slow.id, attempt: 1 })
  t.match(await after.ended(slow.id), { id: slow.id, state: 'SUCCEEDED', attempt: 1 })
  t.equal((await after.call('GET', `/runs/${quick.id}`)).body.finished_at, ended.finished_at)
  t.equal(await after.metric('job_gateway_runs_finished_total', { job: 'slow', state: 'SUCCEEDED' }), 1)
  t.equal(simulator.runs().length, 2)
})

t.test('every row arrives as it was, also of more runs than fit into one statement', async (t) => {
  const database = await createDatabase(t)
  const path = join(t.testdir(), 'runs.db')
  const store = await openLedger({ url: `sqlite:${path}`, instance: 'test' })
  const runs = Array.from({ length: 450 }, (_, n) =>
    sampleRun({ key: `K${n}` }, { databricks_run_id: `${2 ** 52 + n}` }),
  )
  await Promise.all(runs.map((run) => store.insert(run)))
  for (const run of runs.slice(0, 5)) {
    const end = { state: 'FAILED', result: 'KO', cause: 'user_code', finished_at: 1, run_ms: 1, due_at: null } as const
    await store.update(run, end, { job: run.job, state: 'FAILED', result: 'KO', cause: 'user_code' })
  }
  await store.close()
  const copied = await copyLedger(path, database.options())
  const source = new DatabaseSync(path)
  t.teardown(() => source.close())
  for (const { table, rows } of copied) {
    const order = `select * from ${table} order by 1, 2`
    const [there, here] = [source.prepare(order).all(), await database.query(order)]
    t.equal(there.length, rows)
    t.same(here, there, table)
  }
})

t.test('a target that a gateway runs on is refused', async (t) => {
  const database = await createDatabase(t)
  const path = join(t.testdir(), 'runs.db')
  await (await openLedger({ url: `sqlite:${path}`, instance: 'test' })).close()
  const running = await openLedger(database.options())
  t.teardown(() => running.close())
  await running.lease('watch:main', 'replica-1', 60_000)
  await t.rejects(copyLedger(path, database.options()), { name: 'LedgerOpenError', message: /in use by replica-1/ })
})
