import type { Test } from 'tap'
import { runs } from '../../src/ledger/migrations/0001-runs.ts'
import type { LedgerOptions, migrateLedger } from '../../src/ledger/open.ts'
import type { Run } from '../../src/runs/run.ts'
import type { RunStore } from '../../src/runs/store.ts'
import { sampleAttempt, sampleRun } from './sample.ts'

/** An empty database. */
export interface SchemaSubject {
  open(options?: Partial<LedgerOptions>): Promise<RunStore>
  migrate(): ReturnType<typeof migrateLedger>
  /** Acts on the database beside the program, while no store is open. */
  execute(statement: string): Promise<void>
}

const EXECUTED = "insert into kysely_migration values ('9998-later', '2030-01-01T00:00:00.000Z')"

/** What the release after this one may do to the schema: it adds. */
const NEXT = [
  EXECUTED,
  'alter table runs add column later text',
  "alter table attempts add column later text not null default 'x'",
  'create index runs_by_later on runs (later, id)',
  'create table later (id text not null primary key)',
]

/** How a program and the schema of another version get on. */
export function schemaContract(t: Test, fresh: (t: Test) => Promise<SchemaSubject>): void {
  t.test('the program works on the schema of the next version', async (t) => {
    const { open, execute } = await fresh(t)
    await (await open()).close()
    for (const statement of NEXT) await execute(statement)
    for (const migrations of ['at_start', 'manual'] as const) {
      const store = await open({ migrations })
      await useEverything(t, store)
      await store.close()
    }
  })

  t.test('of two versions ahead it is refused, with both named, and left alone', async (t) => {
    const { open, migrate, execute } = await fresh(t)
    await (await open()).close()
    await execute(EXECUTED)
    await execute(EXECUTED.replace('9998', '9999'))
    const refusal = { name: 'LedgerOpenError', message: /newer version.* 9999-later, this version knows \d{4}-[a-z]+ / }
    await t.rejects(open(), refusal)
    await t.rejects(migrate(), refusal)
    await execute("delete from kysely_migration where name > '9'")
    await (await open()).close()
  })

  t.test('an older one is brought up at the start, and keeps what it holds', async (t) => {
    const { open, execute } = await fresh(t)
    await makeFirstSchema(execute)
    const store = await open()
    t.match(await store.get('01OLD'), { id: '01OLD', job: 'load', attempt: { number: 1, state: 'SUCCEEDED' } })
    await useEverything(t, store)
    await store.close()
  })

  t.test('migrations: manual waits for the command', async (t) => {
    const { open, migrate, execute } = await fresh(t)
    const refusal = (found: RegExp) => ({
      name: 'LedgerOpenError',
      message: new RegExp(`^The ledger ${found.source}, this version needs .* run "job-gateway ledger migrate" first`),
    })
    await t.rejects(open({ migrations: 'manual' }), refusal(/is empty/))
    await makeFirstSchema(execute)
    await t.rejects(open({ migrations: 'manual' }), refusal(/has schema 0001-runs/))
    const { from, to } = await migrate()
    t.equal(from, '0001-runs')
    t.match(to, /^\d{4}-[a-z]+$/)
    t.same(await migrate(), { from: to, to }, 'the second time there is nothing to do')
    const store = await open({ migrations: 'manual' })
    t.ok(await store.get('01OLD'))
    await store.close()
  })

  t.test('a migration that fails leaves nothing behind', async (t) => {
    const { open, execute } = await fresh(t)
    // A table of someone else's, in the way of one of ours.
    await execute('create table settings (id integer)')
    await t.rejects(open(), { name: /^Ledger(Open)?Error$/, message: /settings/ })
    await execute('drop table settings')
    await (await open()).close()
  })
}

/** What the first version of the program left behind. */
async function makeFirstSchema(execute: SchemaSubject['execute']): Promise<void> {
  for (const statement of runs) await execute(statement)
  await execute(
    'create table kysely_migration (name varchar(255) not null primary key, timestamp varchar(255) not null)',
  )
  await execute("insert into kysely_migration values ('0001-runs', '2026-01-01T00:00:00.000Z')")
  await execute(`insert into runs (id, job, client_id, created_at, rerun_ids, version, attempt, state, result)
    values ('01OLD', 'load', 'control-m', 1, '[]', 1, 1, 'SUCCEEDED', 'OK')`)
  const text = ['kind', 'client', 'key_id', 'workspace', 'workspace_host', 'databricks_job_id', 'token', 'request_body']
  const numbers = [
    'created_at',
    'submit_deadline_at',
    'recovered',
    'tries',
    'tries_in_doubt',
    'missing_count',
    'version',
  ]
  await execute(`insert into attempts
      (run_id, number, job, state, result, message, sent, parameters, tasks, ${[...text, ...numbers]})
    values ('01OLD', 1, 'load', 'SUCCEEDED', 'OK', '', '{}', '{}', '[]', ${[...text.map(() => "''"), ...numbers.map(() => 1)]})`)
}

async function useEverything(t: Test, store: RunStore): Promise<void> {
  const run = sampleRun({ key: crypto.randomUUID() })
  t.same(await store.insert(run), { inserted: true })
  t.match(await store.insert(sampleRun({ key: run.key })), { inserted: false, holder: { id: run.id } })
  await store.bringForward(run.id, 1, 1)
  const end = { state: 'FAILED', result: 'KO', cause: 'cluster', finished_at: 5, due_at: null } as const
  t.ok(await store.update(run, end, { job: run.job, state: 'FAILED', result: 'KO', cause: 'cluster' }))
  await store.tell(run.id, 1, 6)
  await store.keepOutput(run.id, 1, [])
  t.ok(await store.addAttempt((await store.get(run.id)) as Run, sampleAttempt({ number: 2, due_at: 7 })))
  await store.sight([{ run_id: run.id, attempt: 2, observed_at: 8, due_at: 9 }])
  t.match(await store.get(run.id), { attempt: { number: 2, observed_at: 8, due_at: 9 } })
  t.ok((await store.list({ jobs: null, limit: 10 })).length > 0)
  t.ok(await store.lease('watch', 'a', 1_000))
  await store.releaseLease('watch', 'a')
}
