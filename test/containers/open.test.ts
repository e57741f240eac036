import assert from 'node:assert/strict'
import { Kysely } from 'kysely'
import t from 'tap'
import { migrateLedger, openLedger } from '../../src/ledger/open.ts'
import { createPostgresDialect } from '../../src/ledger/postgres.ts'
import type { Tables } from '../../src/ledger/tables.ts'
import { LedgerError } from '../../src/runs/store.ts'
import { sampleRun } from '../ledger/sample.ts'
import { createDatabase, urlOf } from './support/postgres.ts'

const REFUSED = { name: 'LedgerOpenError' }

t.test('what cannot be opened is said in one line, without the password', async (t) => {
  const { options, name } = await createDatabase(t)
  const wrong = 'not-the-password'
  const cases: [Parameters<typeof openLedger>[0], RegExp][] = [
    [
      options({ password: () => wrong }),
      /^The ledger \w+@.+ cannot be opened: password authentication failed for user "\w+"\.$/,
    ],
    [options({ url: urlOf('nowhere') }), /cannot be opened: database "nowhere" does not exist\.$/],
    [options({ tls: {} }), /cannot be opened: The server does not support SSL connections\.$/],
    [{ url: urlOf(name), instance: 'test' }, /password authentication failed .*, and ledger\.password is not set\.$/],
    [
      options({ password: () => assert.fail('/run/secret is not set') }),
      /cannot be opened: \/run\/secret is not set\.$/,
    ],
    [options({ url: 'postgres://db.example.com/ledger' }), /must name the user, the host and the database/],
    [options({ instance: 'production' }), /belongs to instance "test", the configuration says "production"/],
  ]
  for (const [settings, message] of cases) {
    await t.rejects(openLedger(settings), { ...REFUSED, message }, `${message}`)
    const error = await openLedger(settings).catch((error: unknown) => error)
    t.notMatch(`${error instanceof Error ? error.stack : error}`, wrong)
  }
})

t.test('a server that cannot be reached is no refusal: it may be there later', async (t) => {
  const { options, name, query } = await createDatabase(t)
  const host = new URL(urlOf(name)).host
  const fails = (settings: Parameters<typeof openLedger>[0], message: RegExp) =>
    t.rejects(openLedger(settings), { name: 'LedgerError', message }, `${message}`)
  await fails(options({ url: urlOf(name).replace(host, '127.0.0.1:1') }), /cannot be opened: .*ECONNREFUSED/)
  await fails(options({ url: urlOf(name).replace(host, 'nowhere.invalid') }), /cannot be opened: .*ENOTFOUND|EAI_AGAIN/)
  await query("create role crowded login password 'x' connection limit 0")
  const url = urlOf(name).replace(/\/\/\w+@/, '//crowded@')
  await fails(options({ url, password: () => 'x' }), /cannot be opened: too many connections/)
})

t.test('a database in another encoding is refused', async (t) => {
  const { query, options } = await createDatabase(t)
  await query("create database latin template template0 encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'")
  await t.rejects(openLedger(options({ url: urlOf('latin') })), {
    ...REFUSED,
    message: /encoded in LATIN1, not in UTF8/,
  })
})

t.test('a rotated password counts from the next connection on', async (t) => {
  const { query, options } = await createDatabase(t)
  await query("create role rotated login superuser password 'first'")
  const { url } = options()
  let password = 'first'
  const store = await openLedger(options({ url: url.replace(/\/\/\w+@/, '//rotated@'), password: () => password }))
  t.teardown(() => store.close())
  await store.insert(sampleRun())
  await query("alter role rotated password 'second'")
  const end = () => query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'rotated'")
  await end()
  // The connections may be told of their end only when they are used.
  const use = () => store.list({ jobs: null, limit: 1 }).catch((error: unknown) => error)
  let outcome = await use()
  while (!`${outcome}`.includes('password authentication failed')) outcome = await use()
  t.type(outcome, LedgerError)
  password = 'second'
  t.equal((await store.list({ jobs: null, limit: 1 })).length, 1)
})

t.test('connections that are cut are replaced, and what failed is a LedgerError', async (t) => {
  const { query, options, name } = await createDatabase(t)
  const store = await openLedger(options())
  t.teardown(() => store.close())
  const cutting = new AbortController()
  const work = async () => {
    const outcomes = { done: 0, failed: 0 }
    while (!cutting.signal.aborted || outcomes.done === 0) {
      try {
        await store.insert(sampleRun({ key: crypto.randomUUID() }))
        outcomes.done += 1
      } catch (error) {
        t.type(error, LedgerError)
        outcomes.failed += 1
      }
    }
    return outcomes
  }
  const working = Promise.all(Array.from({ length: 8 }, work))
  for (let times = 0; times < 20; times++) {
    await query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()`,
      [name],
    )
  }
  cutting.abort()
  const outcomes = await working
  const done = outcomes.reduce((sum, outcome) => sum + outcome.done, 0)
  const [{ half } = {}] = await query(
    'select count(*) as half from runs left join attempts on run_id = id where run_id is null',
  )
  t.equal(Number(half), 0, 'nothing is half written')
  const [{ kept } = {}] = await query('select count(*) as kept from runs')
  t.ok(Number(kept) >= done, `${kept} runs are kept, ${done} were said to be`)
  t.same(await store.insert(sampleRun()), { inserted: true })
})

t.test('a process that is stopped in the middle of a write does not hold up the others for long', async (t) => {
  const { options, query, connection } = await createDatabase(t)
  const store = await openLedger(options())
  t.teardown(() => store.close())
  const run = sampleRun()
  await store.insert(run)
  const stopped = new Kysely<Tables>({ dialect: createPostgresDialect(connection) })
  const [written, woken] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const unfinished = stopped.transaction().execute(async (trx) => {
    await trx.updateTable('attempts').set({ told_at: 1 }).where('run_id', '=', run.id).execute()
    written.resolve()
    await woken.promise
  })
  await written.promise
  const blocked = store.update(run, { state: 'RUNNING', databricks_run_id: '1' })
  const writers = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
  while ((await query(writers)).length === 0);
  t.ok(await blocked)
  woken.resolve()
  await t.rejects(unfinished, LedgerError, 'and when it wakes up its write is void')
  await stopped.destroy()
})

t.test('text that PostgreSQL cannot hold is written all the same', async (t) => {
  const { options } = await createDatabase(t)
  const store = await openLedger(options())
  t.teardown(() => store.close())
  const run = sampleRun({}, { message: 'before\0after', ref: '\ud800' })
  t.same(await store.insert(run), { inserted: true })
  t.match(await store.get(run.id), { attempt: { message: 'before\u2400after', ref: '\ufffd' } })
  t.same(await store.list({ jobs: null, ref: '\0*', limit: 1 }), [])
})

t.test('the command migrates an empty database', async (t) => {
  const { options } = await createDatabase(t, { empty: true })
  t.match(await migrateLedger(options()), { from: undefined, to: /^\d{4}-/ })
})
