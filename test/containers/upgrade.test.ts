import { join } from 'node:path'
import { Client } from 'pg'
import t from 'tap'
import { openLedger } from '../../src/ledger/open.ts'
import { upgradeContract } from '../ledger/upgrade-contract.ts'
import { NEXT, writeVersion } from '../support/versions.ts'
import { createDatabase, PASSWORD } from './support/postgres.ts'

const folder = t.testdir()

await upgradeContract(t, folder, async () => {
  const { url, options, query } = await createDatabase(t, { empty: true })
  return {
    engine: 'postgres',
    ledger: { url, password: { env: 'LEDGER_PASSWORD' }, tls: { mode: 'disable' } },
    env: { LEDGER_PASSWORD: PASSWORD },
    options: options(),
    query,
    async execute(statements) {
      await query(statements)
    },
    describe: () =>
      query(`
        select table_name as table, column_name as name,
          concat_ws(' ', data_type, collation_name, is_nullable, column_default) as what
        from information_schema.columns where table_schema = 'public'
        union all
        select tablename, indexname, indexdef from pg_indexes where schemaname = 'public'
        union all
        select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint
          where connamespace = 'public'::regnamespace
        order by 1, 2, 3`),
  }
})

t.test('a migration that PostgreSQL sacrifices to a write is done again', async (t) => {
  const { options, connection, query } = await createDatabase(t)
  await (await openLedger(options())).close()
  const next = await writeVersion(join(folder, 'next'), NEXT)
  // Whoever looks first for a deadlock has to go: the migration, even where all this takes seconds.
  const setting = "format('alter database %I set deadlock_timeout = %L', current_database(), '5s')"
  await query(`do $$ begin execute ${setting}; end $$`)
  const writer = new Client(connection)
  await writer.connect()
  t.teardown(() => writer.end())
  await writer.query("set deadlock_timeout = '60s'")
  await writer.query('begin; update attempts set told_at = 1')
  const migrating = next.migrateLedger(options())
  const waiting = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
  while ((await query(waiting)).length === 0);
  // It has the runs and waits for the attempts; this waits for it.
  await writer.query('update runs set version = 1')
  await writer.query('commit')
  t.match(await migrating, { to: '9998-later' })
})
