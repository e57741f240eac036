import { type CompiledQuery, Kysely, sql } from 'kysely'
import t, { type Test } from 'tap'
import { insertTogether } from '../../src/ledger/insert-attempt.ts'
import { lockJobInPostgres } from '../../src/ledger/lock-job.ts'
import { createPostgresDialect } from '../../src/ledger/postgres.ts'
import { createWrites } from '../../src/ledger/postgres-write.ts'
import { prependInPostgres } from '../../src/ledger/prepend.ts'
import { createRunStore } from '../../src/ledger/runs.ts'
import { writeSightingsTogether } from '../../src/ledger/sightings.ts'
import type { Tables } from '../../src/ledger/tables.ts'
import type { RunStore } from '../../src/runs/store.ts'
import { EVENTS, LISTS, OTHERS, run } from '../ledger/questions.ts'
import { createDatabase } from './support/postgres.ts'

const database = await createDatabase(t)
const asked: CompiledQuery[] = []
const db = new Kysely<Tables>({
  dialect: createPostgresDialect(database.connection),
  log: ({ query }) => {
    asked.push(query)
  },
})
t.teardown(() => db.destroy())
const store = createRunStore({
  db,
  ...createWrites(db),
  locksRows: true,
  lockJob: lockJobInPostgres,
  residual: (column) => sql.ref(column),
  writeSightings: writeSightingsTogether,
  insertAttempt: insertTogether(db),
  prepend: prependInPostgres,
  now: sql`0`,
  size: async () => 0,
  close: () => db.destroy(),
})
await store.insert(run)
await fill()

/** So many runs that to read through them is never the best plan: nearly all are over, and half are of one job. */
async function fill(): Promise<void> {
  await database.query(`
    insert into runs
    select to_char(i, 'FM00000000000000000000000000'), case when i % 2 = 0 then 'nightly-load' else 'job-' || i % 20 end,
      case when i % 3 = 0 then 'control-m' else 'client-' || i % 5 end, 'key-' || i, 'slot-' || i, i, '[]', 1, 1,
      case when i % 1000 = 0 then 'SUBMITTING' when i % 1000 = 1 then 'RUNNING' when i % 50 = 2 then 'FAILED' else 'SUCCEEDED' end,
      case when i % 1000 < 2 then '' when i % 50 = 2 then 'KO' else 'OK' end, 'REF/' || i
    from generate_series(1, 20000) i`)
  const changed: Record<string, string> = {
    run_id: 'runs.id',
    job: 'runs.job',
    state: 'runs.state',
    result: 'runs.result',
    created_at: 'runs.created_at',
    databricks_run_id: "case when runs.state <> 'SUBMITTING' then '7' || runs.id end",
    due_at: "case when runs.result = '' then runs.created_at end",
    finished_at: "case when runs.result <> '' then runs.created_at end",
  }
  const [sample = {}] = await database.query('select * from attempts')
  const columns = Object.keys(sample)
  await database.query(`
    insert into attempts (${columns})
    select ${columns.map((column) => changed[column] ?? `sample.${column}`)}
    from runs, (select * from attempts) sample where runs.id <> sample.run_id`)
  await database.query(`
    insert into tombstones select 'T' || i, 'load', 'control-m', 'old-' || i, 1, i from generate_series(1, 20000) i`)
  await database.query(`
    insert into audit_events (id, at, action, client, job, run_id, result)
    select id, created_at, case when created_at % 100 = 0 then 'cancel' else 'trigger' end, client_id, job, id, 'accepted'
    from runs`)
  await database.query('analyze')
}

interface PlanNode {
  'Node Type': string
  'Relation Name'?: string
  'Actual Rows'?: number
  'Actual Loops'?: number
  'Rows Removed by Filter'?: number
  Plans?: PlanNode[]
}

/** The scans of tables in the plans of every statement that `ask` leads to; what reads is also carried out again. */
async function explain(ask: (store: RunStore) => Promise<unknown>): Promise<PlanNode[]> {
  asked.length = 0
  await ask(store)
  const scans: PlanNode[] = []
  for (const { sql: text, parameters } of asked.filter((query) =>
    /^\s*(select|update|insert|delete)/.test(query.sql),
  )) {
    const options = text.startsWith('select') ? 'analyze, timing off, format json' : 'format json'
    for (const row of await database.query(`explain (${options}) ${text}`, [...parameters])) {
      for (const { Plan: root } of row['QUERY PLAN'] as { Plan: PlanNode }[]) collectScans(root, scans)
    }
  }
  return scans
}

function collectScans(node: PlanNode, scans: PlanNode[]): void {
  if (['runs', 'attempts', 'outputs', 'tombstones', 'audit_events'].includes(node['Relation Name'] ?? ''))
    scans.push(node)
  for (const child of node.Plans ?? []) collectScans(child, scans)
}

/** Which index is read is PostgreSQL's choice, for it counts how common a value is; that little is read is ours. */
function readsLittle(t: Test, scans: PlanNode[]): void {
  t.same(
    scans.filter((scan) => scan['Node Type'] === 'Seq Scan'),
    [],
    'no table is read through',
  )
  const rows = scans.map((scan) => {
    const { 'Actual Rows': found = 0, 'Rows Removed by Filter': others = 0, 'Actual Loops': loops = 0 } = scan
    return (found + others) * loops
  })
  t.ok(Math.max(0, ...rows) <= 1_000, `rows looked at: ${rows}`)
}

for (const [filter] of LISTS) {
  t.test(`a list by ${JSON.stringify(filter)} reads little`, async (t) => {
    readsLittle(t, await explain((store) => store.list({ jobs: null, limit: 50, ...filter })))
  })
}

for (const [filter] of EVENTS) {
  t.test(`events by ${JSON.stringify(filter)} read little`, async (t) => {
    readsLittle(t, await explain((store) => store.events({ limit: 50, ...filter })))
  })
}

for (const [name, ask] of Object.entries(OTHERS)) {
  t.test(`${name} reads little`, async (t) => {
    readsLittle(t, await explain(ask))
  })
}
