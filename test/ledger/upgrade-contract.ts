import { join } from 'node:path'
import type { Test } from 'tap'
import type { LedgerOptions } from '../../src/ledger/open.ts'
import { awaitGateway, type Gateway, startSimulator, writeConfig } from '../support/gateway.ts'
import { startKeyedLoad } from '../support/keyed-load.ts'
import { startProgram } from '../support/program.ts'
import { AFTER_NEXT, NEXT, THIS_VERSION, type Version, writeVersion } from '../support/versions.ts'
import { readReleased } from './released.ts'

/** An empty database, and how gateways are led to it. */
export interface UpgradeSubject {
  engine: 'sqlite' | 'postgres'
  /** Of the configuration. */
  ledger: Record<string, unknown>
  env: NodeJS.ProcessEnv
  options: LedgerOptions
  /** Acts on it beside the gateways, while there is none or it serves several. */
  query(statement: string): Promise<Record<string, unknown>[]>
  /** Carries out many statements. */
  execute(statements: string): Promise<void>
  /** Tables and indexes, comparable. */
  describe(): Promise<unknown>
}

const base = { max_concurrent_runs: 1_000, pending_ms: 0, cleanup_ms: 0 }
const JOBS = [
  { ...base, job_id: '11', name: 'good', tasks: [{ task_key: 'main', duration_ms: [50, 300] }] },
  { ...base, job_id: '12', name: 'bad', tasks: [{ task_key: 'main', duration_ms: 50, outcome: 'failed' as const }] },
]
const CONFIG = { jobs: { good: { job_id: '11' }, bad: { job_id: '12' } } }

/** Gateways of several versions on a ledger that the last release left behind. */
export async function upgradeContract(t: Test, folder: string, fresh: () => Promise<UpgradeSubject>): Promise<void> {
  const next = await writeVersion(join(folder, 'next'), NEXT)
  const afterNext = await writeVersion(join(folder, 'after-next'), AFTER_NEXT)

  async function prepare(t: Test) {
    const subject = await fresh()
    const simulator = await startSimulator(t, { jobs: JOBS })
    const config = writeConfig(t, simulator, { ...CONFIG, ledger: subject.ledger })
    const env = { TEST_CLIENT_SECRET: 'simulated-secret', ...subject.env }
    const { host } = new URL(simulator.url)
    const runNow = async (request: string) => {
      const headers = { authorization: 'Bearer dapi-simulated-token' }
      const response = await fetch(`${simulator.url}/api/2.2/jobs/run-now`, { method: 'POST', body: request, headers })
      return String(((await response.json()) as { run_id: number }).run_id)
    }
    await subject.execute(readReleased(subject.engine, { host, runningId: await runNow('{"job_id":11}') }))
    const serve = ({ main }: Version) => startProgram(t, ['serve', '--config', config], { env, main })
    const start = (version: Version) => awaitGateway(serve(version))
    return { subject, simulator, runNow, serve, start }
  }

  t.test('keys of the last release answer their runs, and what was under way goes on', async (t) => {
    const { subject, simulator, runNow, start } = await prepare(t)
    const kept = await subject.query('select id, job, key from runs order by id')
    const [inDoubt] = await subject.query(
      "select request_body from attempts where state = 'SUBMITTING' and tries_in_doubt > 0",
    )
    // Its post had arrived, only the answer was lost.
    await runNow(String(inDoubt?.['request_body']))
    const gateway = await start(THIS_VERSION)
    for (const { id, job, key } of kept) {
      t.match((await gateway.call('GET', `/run?job=${job}&key=${key}`)).body, { id }, `${key} is read`)
      t.match((await gateway.trigger(String(job), undefined, { key: String(key) })).body, { id }, `${key} is triggered`)
    }
    const ends = await Promise.all(kept.map(({ id }) => gateway.ended(String(id))))
    const told = ends.map(({ key, state, attempt }) => `${key} ${state} ${attempt}`)
    t.same(told, [
      'GOOD SUCCEEDED 1',
      'BAD FAILED 2',
      'RUNNING SUCCEEDED 1',
      'IN-DOUBT SUCCEEDED 1',
      'THROTTLED SUCCEEDED 1',
    ])
    t.equal(simulator.runs().length, 3, 'nothing ran twice')
    const again = await gateway.trigger('bad', undefined, { key: 'BAD', headers: { prefer: 'wait=10' } })
    t.match(again.body, { attempt: 2, replayed: true })
    const forced = await gateway.call('POST', '/trigger/bad?key=BAD&rerun=force&wait=10')
    t.match(forced.body, { id: again.body.id, state: 'FAILED', attempt: 3 })
    t.match(await gateway.call('GET', '/runs/01M7PVRGED0000000000000000'), {
      status: 410,
      body: { code: 'run-purged' },
    })
    const finished = (labels: Record<string, string>) => gateway.metric('job_gateway_runs_finished_total', labels)
    t.same(
      [await finished({ job: 'good', state: 'SUCCEEDED' }), await finished({ job: 'bad', state: 'FAILED' })],
      [4, 3],
    )
  })

  t.test('the schema of the last release is brought to what an empty ledger gets', async (t) => {
    const { subject } = await prepare(t)
    const empty = await fresh()
    for (const { options } of [subject, empty]) await THIS_VERSION.migrateLedger(options)
    t.same(await subject.describe(), await empty.describe())
  })

  t.test('the next version migrates under load, and this one goes on with what it made', async (t) => {
    const { subject, simulator, start } = await prepare(t)
    const shared = subject.engine === 'postgres'
    const load = startKeyedLoad('good')

    async function end(gateways: Gateway[]): Promise<void> {
      for (const gateway of gateways) {
        load.gateways.splice(load.gateways.indexOf(gateway), 1)
        gateway.signal(shared ? 'SIGTERM' : 'SIGKILL')
        t.equal(await gateway.exited, shared ? 0 : 'SIGKILL')
        t.equal(gateway.stderr(), '')
      }
    }

    /** A rolling restart where several can work; else the one is killed before the next starts. */
    async function change(version: Version): Promise<void> {
      const old = [...load.gateways]
      if (!shared) await end(old)
      const replicas = Array.from({ length: shared ? 2 : 1 }, () => start(version))
      load.gateways.push(...(await Promise.all(replicas)))
      await load.more(20)
      if (!shared) return
      await end(old)
      await load.more(20)
    }

    await change(THIS_VERSION)
    await change(next)
    await change(THIS_VERSION)
    const answered = await load.stop()
    for (const [key, ids] of answered) {
      for (const gateway of load.gateways) ids.add((await gateway.call('GET', `/run?job=good&key=${key}`)).body.id)
      t.equal(ids.size, 1, `${key} is one run`)
    }
    const finished = { job: 'good', state: 'SUCCEEDED' }
    const totals = load.gateways.map((gateway) => gateway.metric('job_gateway_runs_finished_total', finished))
    t.equal(simulator.runs().length, answered.size + 3, 'and each ran once')
    t.same(
      await Promise.all(totals),
      load.gateways.map(() => answered.size + 4),
      'and is counted once',
    )
    await end([...load.gateways])
    t.same(await subject.query("select name from kysely_migration where name > '9'"), [{ name: '9998-later' }])
  })

  t.test('a ledger two versions ahead is refused, and one ahead is not', async (t) => {
    const { subject, serve, start } = await prepare(t)
    t.match(await afterNext.migrateLedger(subject.options), { to: '9999-last' })
    const refused = serve(THIS_VERSION)
    t.equal(await refused.exited, 1)
    t.match(
      refused.stderr(),
      /its schema is 9999-last, this version knows \d{4}-[a-z-]+ and works on at most one after that/,
    )
    const gateway = await start(next)
    t.match(await gateway.trigger('good', undefined, { key: 'GOOD' }), { body: { replayed: true } })
  })
}
