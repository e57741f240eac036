import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import t from 'tap'
import { openLedger } from '../../src/ledger/open.ts'
import { sampleRun } from '../ledger/sample.ts'
import { type Gateway, startSimulator } from '../support/gateway.ts'
import { mostAtOnce } from '../support/most-at-once.ts'
import { defineLoadJob } from './support/load-job.ts'
import { createDatabase } from './support/postgres.ts'
import { startReplicas } from './support/replicas.ts'

const REPLICAS = 4
const RUNS = 24
const MAX_ACTIVE = 2

const JOB = defineLoadJob([100, 200, 300])

t.test('max_active is of all replicas together, however many ask at once', async (t) => {
  const simulator = await startSimulator(t, { jobs: [JOB] })
  const jobs = { load: { job_id: '11', max_active: MAX_ACTIVE } }
  const gateways = await startReplicas(t, REPLICAS, simulator, { jobs })
  const at = (n: number) => gateways[n % REPLICAS] as Gateway
  const accepted = await Promise.all(Array.from({ length: RUNS }, (_, n) => at(n).trigger('load')))
  t.same([...new Set(accepted.map(({ status }) => status))], [202])
  const ended = await Promise.all(accepted.map(({ body }, n) => at(n + 1).ended(body.id)))
  t.same([...new Set(ended.map(({ state }) => state))], ['SUCCEEDED'])
  const runs = simulator.runs()
  t.equal(runs.length, RUNS)
  t.equal(mostAtOnce(runs), MAX_ACTIVE)
})

t.test('whoever is about to be let in is counted by those who ask meanwhile, even if they came first', async (t) => {
  const database = await createDatabase(t)
  const store = await openLedger(database.options())
  t.teardown(() => store.close())
  const [earlier, later] = [sampleRun({ created_at: 1_000 }), sampleRun({ created_at: 2_000 })]
  const enter = (run: typeof later) => store.updateIfRoom(run, { tries: 1, tries_in_doubt: 1 }, 1)
  const areWaiting = async (count: number) => {
    const waiting = `select from pg_stat_activity where datname = $1 and wait_event_type = 'Lock'`
    while ((await database.query(waiting, [database.name])).length < count) await sleep(10)
  }

  await store.insert(later)
  const other = new Client(database.connection)
  await other.connect()
  t.teardown(() => other.end())
  await other.query('begin')
  await other.query('select from attempts where run_id = $1 for update', [later.id])
  const first = enter(later)
  await areWaiting(1)
  await store.insert(earlier)
  const second = enter(earlier)
  await Promise.race([second, areWaiting(2)])
  await other.query('rollback')
  t.match([await first, await second], [{ updated: true }, { updated: false, ahead: 1 }])
})
