import { readFileSync, writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { startGateway, startSimulator, writeConfig } from '../support/gateway.ts'
import { runProgram } from '../support/program.ts'
import { createDatabase, PASSWORD } from './support/postgres.ts'

const ENV = { TEST_CLIENT_SECRET: 'simulated-secret', LEDGER_PASSWORD: PASSWORD }

const slow = {
  job_id: '11',
  name: 'slow',
  pending_ms: 0,
  cleanup_ms: 0,
  tasks: [{ task_key: 'main', duration_ms: 1_500 }],
}

async function prepare(t: Test, { empty = false, ...ledger }: Record<string, unknown> = {}) {
  const database = await createDatabase(t, { empty: empty === true })
  const simulator = await startSimulator(t, { jobs: [slow] })
  const config = writeConfig(t, simulator, {
    jobs: { slow: { job_id: '11' } },
    ledger: { url: database.url, password: { env: 'LEDGER_PASSWORD' }, tls: { mode: 'disable' }, ...ledger },
  })
  return { database, simulator, config }
}

t.test('a key is one run, through kill -9 and a restart', async (t) => {
  const { simulator, config, database } = await prepare(t, { empty: true })
  const first = await startGateway(t, config, ENV)
  const [one, two] = await Promise.all([
    first.trigger('slow', undefined, { key: 'K' }),
    first.trigger('slow', undefined, { key: 'K' }),
  ])
  t.equal(one.body.id, two.body.id)
  first.signal('SIGKILL')
  await first.exited

  const second = await startGateway(t, config, ENV)
  const again = await second.trigger('slow', undefined, { key: 'K' })
  t.equal(again.body.id, one.body.id, 'the run is known after the restart')
  t.match(await second.ended(one.body.id), { state: 'SUCCEEDED', attempt: 1, job: 'slow' })
  t.equal(simulator.runs().length, 1, 'and Databricks has one')
  t.equal(await second.metric('job_gateway_runs_finished_total', { job: 'slow', state: 'SUCCEEDED' }), 1)
  t.equal(await second.metric('job_gateway_ledger_up'), 1)
  t.ok(Number(await second.metric('job_gateway_ledger_size_bytes')) > 0)
  t.same(await database.query('select state, result from runs'), [{ state: 'SUCCEEDED', result: 'OK' }])
  t.notMatch(first.output() + second.output(), PASSWORD)
})

t.test('two replicas: a key sent to both at once is one run, and both know how it ended', async (t) => {
  const { simulator, config } = await prepare(t)
  const replicas = await Promise.all([startGateway(t, config, ENV), startGateway(t, config, ENV)])
  const answers = await Promise.all(replicas.map((replica) => replica.trigger('slow', undefined, { key: 'K' })))
  const [id, ...others] = new Set(answers.map(({ body }) => body.id))
  t.same(others, [])
  const endings = await Promise.all(replicas.map((replica) => replica.ended(id)))
  t.same(
    endings.map(({ state }) => state),
    ['SUCCEEDED', 'SUCCEEDED'],
  )
  t.equal(simulator.runs().length, 1)
})

t.test('migrations: manual refuses an empty ledger until the command was run', async (t) => {
  const { config } = await prepare(t, { empty: true, migrations: 'manual' })
  const serve = () => runProgram(t, ['serve', '--config', config], { env: ENV })
  const migrate = () => runProgram(t, ['ledger', 'migrate', '--config', config], { env: ENV })
  t.match(await serve(), { code: 1, stderr: /run "job-gateway ledger migrate" first\.\n$/ })
  t.match(await migrate(), { code: 0, stdout: /^The ledger went from nothing to \d{4}-[a-z-]+\.\n$/, stderr: '' })
  t.match(await migrate(), { code: 0, stdout: /^The ledger has schema \d{4}-[a-z-]+ already\.\n$/ })
  await startGateway(t, config, ENV)
})

t.test('a ledger that cannot be opened is one line', async (t) => {
  const { config, database } = await prepare(t)
  const wrong = { ...ENV, LEDGER_PASSWORD: 'not-the-password' }
  const refused = await runProgram(t, ['serve', '--config', config], { env: wrong })
  t.match(refused, {
    code: 1,
    stderr: /^The ledger .* cannot be opened: password authentication failed for user "\w+"\.\n$/,
  })
  t.notMatch(refused.stderr + refused.stdout, 'not-the-password')
  const text = readFileSync(config, 'utf8')
  writeFileSync(config, text.replace(database.url, database.url.replace('@', ':not-the-password@')))
  const literal = await runProgram(t, ['ledger', 'migrate', '--config', config], { env: ENV })
  t.match(literal, { code: 2, stderr: /ledger\.url: holds a password; take it out/ })
  t.notMatch(literal.stderr, 'not-the-password')
})
