import t from 'tap'
import { systemClock } from '../../src/clock.ts'
import { inspectLedger } from '../../src/ledger/inspect.ts'
import { openLedger } from '../../src/ledger/open.ts'
import { startPooler } from './support/pooler.ts'
import { createDatabase } from './support/postgres.ts'

t.test('PostgreSQL is looked at beside a gateway, and nothing is taken', async (t) => {
  const { options, query } = await createDatabase(t)
  const store = await openLedger(options())
  t.teardown(() => store.close())
  await store.lease('watch:main', 'host:1', 60_000)
  await store.lease('watch:gone', 'host:2', 60_000)
  await store.releaseLease('watch:gone', 'host:2')
  const leases = await query('select * from leases order by name')
  t.match(await inspectLedger(options(), systemClock), {
    kind: 'readable',
    server: /^PostgreSQL \d+/,
    schema: { fit: 'fits' },
    instance: 'test',
    leases: [{ name: 'watch:main', holder: 'host:1' }],
    listening: 'works',
  })
  t.strictSame(await query('select * from leases order by name'), leases)
})

t.test('an empty database stays empty', async (t) => {
  const { options, query } = await createDatabase(t, { empty: true })
  const view = await inspectLedger(options(), systemClock)
  t.match(view, {
    schema: { found: undefined, fit: 'behind' },
    instance: undefined,
    leases: [],
    listening: 'not_needed',
  })
  t.strictSame(await query("select table_name from information_schema.tables where table_schema = 'public'"), [])
})

t.test('behind a pooler that lends sessions by the transaction, nobody is heard', async (t) => {
  const { options, url } = await createDatabase(t)
  const { hostname, port } = new URL(url)
  const pooler = new URL(url)
  pooler.host = `127.0.0.1:${await startPooler(t, { host: hostname, port: Number(port) })}`
  const pooled = pooler.href
  t.match(await inspectLedger(options({ url: pooled }), systemClock), {
    listening: { problem: /cannot hear each other/ },
  })
  const direct = options({ url: pooled, direct: { url } })
  t.match(await inspectLedger(direct, systemClock), { listening: 'works' })
})
