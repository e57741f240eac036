import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { awaitGateway, type Gateway, startGateway, startSimulator, writeConfig } from '../support/gateway.ts'
import { startProgram } from '../support/program.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { createDatabase, type TestDatabase } from './support/postgres.ts'

const RUN_NOW = 'POST /api/2.2/jobs/run-now'
const TRIGGER_TIMEOUT_SECONDS = 2
const PASSWORD = 'password-of-the-gateway'
const ENV = { TEST_CLIENT_SECRET: 'simulated-secret', TEST_LEDGER_PASSWORD: PASSWORD }

const job = (job_id: string, duration_ms: number) => ({
  ...{ job_id, name: `job-${job_id}`, max_concurrent_runs: 1000, pending_ms: 0, cleanup_ms: 0 },
  tasks: [{ task_key: 'main', duration_ms }],
})

interface Scene {
  simulator: Simulator
  database: TestDatabase
  /** A name of the gateway's own: superusers are bound by no limit. */
  role: string
  line: TcpProxy
  /** Where the line leads. */
  server: { host: string; port: number }
  config: string
}

/** A gateway's configuration, with a line to PostgreSQL that can be made bad. */
async function prepare(t: Test): Promise<Scene> {
  const simulator = await startSimulator(t, { jobs: [job('11', 20), job('12', 3_600_000)] })
  const database = await createDatabase(t)
  const role = `gateway_of_${database.name}`
  await database.query(`create role ${role} login password '${PASSWORD}'`)
  await database.query(`grant all on all tables in schema public to ${role}`)
  const { hostname: host, port } = new URL(database.url)
  const server = { host, port: Number(port) }
  const line = await startTcpProxy(() => server)
  t.teardown(() => line[Symbol.asyncDispose]())
  const config = writeConfig(t, simulator, {
    jobs: { quick: { job_id: '11' }, slow: { job_id: '12' } },
    server: { trigger_timeout_seconds: TRIGGER_TIMEOUT_SECONDS },
    ledger: {
      url: `postgres://${role}@127.0.0.1:${line.port}/${database.name}`,
      password: { env: 'TEST_LEDGER_PASSWORD' },
    },
  })
  return { simulator, database, role, line, server, config }
}

interface Trouble {
  name: string
  begin(scene: Scene): Promise<void> | void
  end(scene: Scene): Promise<void> | void
  /** Whether runs can still be read. */
  readable?: true
}

const endSessions = ({ database, role }: Scene) =>
  database.query(`select pg_terminate_backend(pid) from pg_stat_activity where usename = $1`, [role])

/** Where nobody listens. */
const NOWHERE = 1

const TROUBLES: Trouble[] = [
  {
    name: 'it shuts down: sessions are ended, and for a while nobody listens, as in a restart or a fail-over',
    async begin(scene) {
      scene.server.port = NOWHERE
      await endSessions(scene)
    },
    end({ server, database }) {
      server.port = Number(new URL(database.url).port)
    },
  },
  {
    name: 'nobody answers, and nobody says so',
    begin: ({ line }) => line.stall(),
    end: ({ line }) => line.resume(),
  },
  {
    name: 'every statement takes longer than anybody waits',
    begin: ({ line }) => line.delay(3_000),
    end: ({ line }) => line.delay(0),
  },
  {
    name: 'no connection is to be had',
    async begin(scene) {
      await scene.database.query(`alter role ${scene.role} connection limit 0`)
      await endSessions(scene)
    },
    async end({ database, role }) {
      await database.query(`alter role ${role} connection limit -1`)
    },
  },
  {
    name: 'a fail-over left a server that takes no writes',
    readable: true,
    async begin(scene) {
      await scene.database.query(`alter role ${scene.role} set default_transaction_read_only = on`)
      await endSessions(scene)
    },
    // Nobody ends the sessions: the gateway itself gives up those of a server that is read-only.
    async end({ database, role }) {
      await database.query(`alter role ${role} reset default_transaction_read_only`)
    },
  },
  {
    name: 'the disk is full',
    readable: true,
    async begin({ database }) {
      await database.query(
        `create function refuse() returns trigger language plpgsql as $$ begin
           raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$`,
      )
      for (const table of ['runs', 'attempts', 'leases']) {
        await database.query(`create trigger full_disk before insert or update on ${table} execute function refuse()`)
      }
    },
    async end({ database }) {
      await database.query('drop function refuse cascade')
    },
  },
]

async function until(isIt: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isIt())) await sleep(10)
}

const isDegraded = async (gateway: Gateway) => (await gateway.call('GET', '/readyz')).body.status === 'degraded'

for (const trouble of TROUBLES) {
  t.test(trouble.name, async (t) => {
    const scene = await prepare(t)
    const gateway = await startGateway(t, scene.config, ENV)
    const { body: known } = await gateway.trigger('slow', undefined, { key: 'KNOWN' })
    await until(async () => (await gateway.call('GET', `/runs/${known.id}`)).body.databricks_run_id !== null)
    const waiting = gateway.call('GET', `/runs/${known.id}/await?wait=3`)
    const posts = () => scene.simulator.counts()[RUN_NOW]
    const before = posts()

    await trouble.begin(scene)
    const began = performance.now()
    const refused = await gateway.trigger('quick', undefined, { key: 'K' })
    const seconds = (performance.now() - began) / 1000
    t.match(refused, { status: 503, body: { code: 'ledger-unavailable', retryable: true } })
    t.match(refused.headers.get('retry-after'), /^[1-9]\d*$/)
    t.ok(seconds < 2 * (TRIGGER_TIMEOUT_SECONDS + 1), `after ${seconds} s: one limit, not one for each statement`)
    t.equal(posts(), before, 'Databricks was not asked')

    t.equal((await waiting).status, 202, 'an await that was under way goes on')
    const awaits = [`/runs/${known.id}/await`, '/await?job=slow&key=KNOWN']
    const reads = [`/runs/${known.id}`, '/run?job=slow&key=KNOWN', '/runs']
    const answers = await Promise.all([...awaits, ...reads].map((path) => gateway.call('GET', path)))
    for (const answer of answers.slice(0, awaits.length)) {
      t.match(answer, { status: 202, body: { done: false, result: '' } }, 'so does the next one')
      t.match(answer.headers.get('retry-after'), /^[1-9]\d*$/)
    }
    for (const answer of answers.slice(awaits.length)) {
      if (trouble.readable) t.equal(answer.status, 200, 'what is there is read')
      else t.match(answer, { status: 503, body: { code: 'ledger-unavailable' } })
    }
    await until(() => isDegraded(gateway))
    const ready = await gateway.call('GET', '/readyz')
    t.match(ready, { status: 200, body: { since: /Z$/, reasons: [/^the ledger has not answered since/] } })
    t.equal((await gateway.call('GET', '/livez')).status, 200)

    await trouble.end(scene)
    await until(async () => !(await isDegraded(gateway)))
    const accepted = await gateway.trigger('quick', undefined, { key: 'K' })
    t.match(accepted, { status: 202 }, 'by itself it is well again')
    t.match(await gateway.ended(accepted.body.id), { state: 'SUCCEEDED', attempt: 1 })
    t.equal(scene.simulator.runs().length, 2, 'one run of each key')
    const [half] = await scene.database.query(
      'select count(*)::int as runs from runs left join attempts on run_id = id where run_id is null',
    )
    t.match(half, { runs: 0 }, 'nothing is half written')
  })
}

t.test('it dies while Databricks is starting a run: the run is accepted, and found under the same token', async (t) => {
  const { simulator, line, config } = await prepare(t)
  const gateway = await startGateway(t, config, ENV)
  simulator.addFault({ path: '/api/2.2/jobs/run-now', when: 'after', delay_ms: 500 })
  const triggering = gateway.trigger('quick', undefined, { key: 'K' })
  await until(() => simulator.runs().length === 1)
  line.stall()
  const answer = await triggering
  t.match(answer, { status: 202, body: { state: 'SUBMITTING', databricks_run_id: null } })
  line.resume()
  const [started] = simulator.runs()
  t.match(await gateway.ended(answer.body.id), {
    state: 'SUCCEEDED',
    attempt: 1,
    databricks_run_id: started?.run_id,
  })
  t.equal(simulator.runs().length, 1, 'there is one run')
  t.match(await gateway.trigger('quick', undefined, { key: 'K' }), { body: { id: answer.body.id } })
})

t.test('a gateway that is there before its ledger waits for it, and says so', async (t) => {
  const { line, config, simulator } = await prepare(t)
  line.stall()
  const program = startProgram(t, ['serve', '--config', config], { env: ENV })
  const [printed] = await program.printed(/^.*"event":"ledger\.awaited".*(?=\n)/m)
  const { url, err } = JSON.parse(printed)
  t.match(err.message, /cannot be opened: .*timeout/)
  const get = (path: string) => fetch(url + path, { headers: { 'x-api-key': 'test-key-of-control-m' } })
  t.match(await get('/livez'), { status: 200 })
  t.match(await (await get('/readyz')).json(), { status: 'starting' })
  t.match(await get('/readyz'), { status: 503 })
  t.match(await get('/runs'), { status: 503 })
  t.match(await get('/await?job=quick&key=K'), { status: 202 })
  line.resume()
  const gateway = await awaitGateway(program)
  t.match(await gateway.call('GET', '/readyz'), { status: 200, body: { status: 'ready' } })
  const { body } = await gateway.trigger('quick')
  t.match(await gateway.ended(body.id), { state: 'SUCCEEDED' })
  t.equal(simulator.runs().length, 1)
})

t.test('a start that waits for its ledger is given up at a signal', async (t) => {
  const { line, config } = await prepare(t)
  line.stall()
  const program = startProgram(t, ['serve', '--config', config], { env: ENV })
  await program.printed(/"event":"ledger\.awaited"/)
  program.signal('SIGTERM')
  t.equal(await program.exited, 1)
  t.match(program.stderr(), /^The ledger .+ cannot be opened: /)
})

t.test('connections that are lost without a word cost one wait, not one each', async (t) => {
  const { line, config } = await prepare(t)
  const gateway = await startGateway(t, config, ENV)
  // So many at once that every connection of the pool is made.
  await Promise.all(Array.from({ length: 40 }, () => gateway.trigger('slow')))
  line.lose()
  await until(async () => (await gateway.trigger('slow', undefined, { key: 'K' })).status === 202)
  const statuses = await Promise.all(Array.from({ length: 40 }, () => gateway.call('GET', '/runs?limit=1')))
  t.ok(
    statuses.every(({ status }) => status === 200),
    'the others were given up with the first',
  )
})
