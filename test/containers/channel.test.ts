import t, { type Test } from 'tap'
import { systemClock } from '../../src/clock.ts'
import { openLedger } from '../../src/ledger/open.ts'
import { LedgerOpenError } from '../../src/ledger/open-error.ts'
import type { Listener, News, Position, Replicas } from '../../src/runs/replicas.ts'
import type { RunStore } from '../../src/runs/store.ts'
import { sampleRun } from '../ledger/sample.ts'
import { startPooler } from './support/pooler.ts'
import { createDatabase, type TestDatabase } from './support/postgres.ts'

/** Processes as they would be, within this one. */
async function openReplica(t: Test, { options }: TestDatabase, changes?: Parameters<typeof options>[0]) {
  const store = await openLedger(options(changes))
  t.teardown(() => store.close())
  if (!store.replicas) throw new Error('PostgreSQL is for replicas')
  return { store, replicas: store.replicas }
}

/** One that listens, and what it hears. */
async function connect(t: Test, replicas: Replicas, changes: Partial<Listener> = {}) {
  const heard: News[] = []
  const errors: unknown[] = []
  let ring: () => void = () => {}
  const channel = await replicas.connect({
    clock: systemClock,
    hear(news) {
      heard.push(news)
      ring()
    },
    hearPauses() {},
    waited: () => [],
    onError(error) {
      errors.push(error)
      ring()
    },
    ...changes,
  })
  t.teardown(() => channel.close())
  return {
    channel,
    heard,
    errors,
    /** Resolves once so many news were heard. */
    async hears(count: number): Promise<News[]> {
      while (heard.length < count) {
        if (errors.length > 0) throw errors[0]
        const { promise, resolve } = Promise.withResolvers<void>()
        ring = resolve
        await promise
      }
      return heard
    },
  }
}

const news = (version: number): News => ({
  ...{ run_id: 'ñ "1"', workspace: 'main', attempt: 1, version, due_at: 1_763_800_000_000, waited_until: null },
})

const startRun = async (store: RunStore) => {
  const run = sampleRun()
  await store.insert(run)
  return run
}

t.test('what one notifies the others hear, in order, and itself does not', async (t) => {
  const database = await createDatabase(t)
  const [a, b, c] = await Promise.all([1, 2, 3].map(async () => connect(t, (await openReplica(t, database)).replicas)))
  const told = Array.from({ length: 1_200 }, (_, version) => news(version))
  for (const one of told) a?.channel.notify(one)
  t.same(await b?.hears(told.length), told)
  t.same(await c?.hears(told.length), told)
  b?.channel.notify(news(7))
  t.same(await a?.hears(1), [news(7)])
})

t.test('what somebody else says there is not taken for news', async (t) => {
  const database = await createDatabase(t)
  const here = await connect(t, (await openReplica(t, database)).replicas)
  const there = await connect(t, (await openReplica(t, database)).replicas)
  for (const text of ['not JSON', 'null', '{"format":2,"from":"a later version"}']) {
    await database.query(`select pg_notify('job_gateway_' || 'runs'::regclass::oid, $1)`, [text])
  }
  here.channel.notify(news(1))
  t.same(await there.hears(1), [news(1)])
})

t.test('a session that was ended is replaced, also again and again', async (t) => {
  const database = await createDatabase(t)
  const [a, b] = [await openReplica(t, database), await openReplica(t, database)]
  const teller = await connect(t, a.replicas)
  const listener = await connect(t, b.replicas)
  const cut = `select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen %' and datname = $1`
  for (let version = 1; version <= 3; version++) {
    t.equal((await database.query(cut, [database.name])).length, 2, 'both are cut off')
    // What is told while nobody listens is lost: it is told until it was heard.
    while (!listener.heard.some((one) => one.version === version)) {
      teller.channel.notify(news(version))
      await systemClock.sleep(20)
    }
  }
  t.same(listener.errors, [])
})

t.test('whoever waits for a run learns of a change of which nobody told', async (t) => {
  const database = await createDatabase(t)
  const [a, b] = [await openReplica(t, database), await openReplica(t, database)]
  const [changed, same, again] = [await startRun(a.store), await startRun(a.store), await startRun(a.store)]
  const waited = (): Position[] => [changed, same, again].map(({ id }) => ({ run_id: id, attempt: 1, version: 1 }))
  const listener = await connect(t, b.replicas, { waited })
  await a.store.update(changed, { message: 'Changed.', due_at: 5 })
  await a.store.addAttempt(again, { ...again.attempt, number: 2 })
  // Each look tells of whatever has changed by then.
  for (let heard = 1; new Set(listener.heard.map((one) => one.run_id)).size < 2; heard++) await listener.hears(heard)
  const common = { workspace: 'main', waited_until: null }
  t.same(
    new Map(listener.heard.map((one) => [one.run_id, one])),
    new Map([
      [changed.id, { ...common, run_id: changed.id, attempt: 1, version: 2, due_at: 5 }],
      [again.id, { ...common, run_id: again.id, attempt: 2, version: 1, due_at: again.attempt.due_at }],
    ]),
  )
})

t.test('who lives is counted by the clock of the database', async (t) => {
  const database = await createDatabase(t)
  const { replicas } = await openReplica(t, database)
  const attend = (holder: string, lifeMs = 60_000) => replicas.attend(holder, lifeMs)
  t.equal(await attend('a'), 1)
  t.equal(await attend('b'), 2)
  t.equal(await attend('a'), 2)
  t.equal(await attend('c', -1), 3, 'itself, though its time is over at once')
  t.equal(await attend('a'), 2, 'but for nobody else')
  t.same(await database.query(`select name from leases order by name`), [{ name: 'replica:a' }, { name: 'replica:b' }])
  await replicas.leave('b')
  t.equal(await attend('a'), 1)
  const many = await Promise.all(Array.from({ length: 20 }, (_, n) => attend(`${n}`)))
  t.ok(many.every((count) => count >= 2 && count <= 21))
  t.equal(await attend('a'), 21)
})

t.test('a pooler that takes the session away is found at the start, and ledger.direct is the cure', async (t) => {
  const database = await createDatabase(t)
  const { hostname, port } = new URL(database.url)
  const pooled = new URL(database.url)
  pooled.host = `127.0.0.1:${await startPooler(t, { host: hostname, port: Number(port) })}`
  const through = await openReplica(t, database, { url: pooled.href })
  const refused = await connect(t, through.replicas).then(
    () => undefined,
    (error) => error,
  )
  t.type(refused, LedgerOpenError)
  t.match(refused?.message, /ledger\.direct/)
  const around = await openReplica(t, database, { url: pooled.href, direct: { url: database.url } })
  const teller = await connect(t, around.replicas)
  const listener = await connect(t, (await openReplica(t, database)).replicas)
  teller.channel.notify(news(1))
  t.same(await listener.hears(1), [news(1)])
  const nowhere = await openReplica(t, database, { direct: { url: 'postgres://test@127.0.0.1:1/test' } })
  await t.rejects(connect(t, nowhere.replicas), { name: 'LedgerError', message: /127\.0\.0\.1:1.*ECONNREFUSED/ })
})
