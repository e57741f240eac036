import t from 'tap'
import { upgradeContract } from '../ledger/upgrade-contract.ts'
import { createDatabase, PASSWORD } from './support/postgres.ts'

await upgradeContract(t, t.testdir(), async () => {
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
