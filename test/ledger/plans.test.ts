import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { type CompiledQuery, Kysely, sql } from 'kysely'
import t from 'tap'
import { createGroupCommit } from '../../src/ledger/commit.ts'
import { migrate } from '../../src/ledger/migrate.ts'
import { sqliteSchema } from '../../src/ledger/open-sqlite.ts'
import { createRunStore } from '../../src/ledger/runs.ts'
import { createSqliteDialect } from '../../src/ledger/sqlite.ts'
import type { Tables } from '../../src/ledger/tables.ts'
import type { RunFilter, RunStore } from '../../src/runs/store.ts'
import { sampleAttempt, sampleRun } from './sample.ts'

const database = new DatabaseSync(':memory:')
const asked: CompiledQuery[] = []
const db = new Kysely<Tables>({
  dialect: createSqliteDialect(database),
  log: ({ query }) => {
    asked.push(query)
  },
})
t.teardown(() => db.destroy())
await migrate(sqliteSchema(db))
const write = createGroupCommit(db)
const store = createRunStore({
  db,
  write,
  writeOne: write,
  locksRows: false,
  now: sql`0`,
  size: async () => 0,
  close: () => db.destroy(),
})
const run = sampleRun({ key: 'k' })
await store.insert(run)

/** How SQLite finds the rows of every statement that `ask` leads to. */
async function explain(ask: (store: RunStore) => Promise<unknown>): Promise<string[]> {
  asked.length = 0
  await ask(store)
  return asked
    .filter((query) => /^(select|update|insert|delete)/.test(query.sql))
    .flatMap(({ sql: text, parameters }) =>
      database.prepare(`EXPLAIN QUERY PLAN ${text}`).all(...(parameters as SQLInputValue[])),
    )
    .map((row) => String(row['detail']))
}

const jobs = ['nightly-load', 'report']
const LISTS: [Omit<RunFilter, 'jobs' | 'limit'> & { jobs?: string[] }, string][] = [
  [{}, 'sqlite_autoindex_runs_1'],
  [{ before: run.id }, 'sqlite_autoindex_runs_1'],
  [{ since: 1, until: 2 }, 'sqlite_autoindex_runs_1'],
  [{ state: 'SUBMITTING' }, 'runs_by_state'],
  [{ result: 'KO' }, 'runs_by_result'],
  [{ state: 'PARTIAL', result: 'KO' }, 'runs_by_state'],
  [{ jobs }, 'runs_by_job'],
  [{ jobs, since: 1, until: 2, before: run.id }, 'runs_by_job'],
  [{ jobs, state: 'SUBMITTING' }, 'runs_by_job_state'],
  [{ jobs, result: 'KO' }, 'runs_by_job_result'],
  [{ jobs, client_id: 'control-m' }, 'runs_by_job'],
  [{ client_id: 'control-m' }, 'runs_by_client'],
  [{ client_id: 'control-m', state: 'SUBMITTING' }, 'runs_by_client_state'],
  [{ client_id: 'control-m', result: 'KO' }, 'runs_by_client_result'],
  [{ key: 'k' }, 'runs_by_key'],
  [{ jobs, key: 'k', client_id: 'control-m', state: 'SUBMITTING' }, 'runs_by_key'],
  [{ ref: 'SALES/LOAD_SALES/0a1b2/1' }, 'runs_by_ref'],
  [{ ref: 'SALES/*' }, 'runs_by_ref'],
  [{ jobs, ref: 'SALES/*', state: 'SUBMITTING' }, 'runs_by_ref'],
]

for (const [filter, index] of LISTS) {
  t.test(`a list by ${JSON.stringify(filter)} reads ${index}`, async (t) => {
    const steps = await explain((store) => store.list({ jobs: null, limit: 50, ...filter }))
    const used = steps.filter((step) => /^(SCAN|SEARCH) runs\b/.test(step) && !step.endsWith('(id=?)'))
    t.ok(used.length > 0)
    for (const step of used) t.match(step, new RegExp(`USING (COVERING )?INDEX ${index}\\b`))
    if (Object.keys(filter).length > 0)
      t.notOk(
        used.some((step) => step.startsWith('SCAN')),
        'nothing is read through',
      )
  })
}

t.test('a list for more jobs than are merged reads newest first', async (t) => {
  const many = Array.from({ length: 201 }, (_, index) => `job-${index}`)
  const steps = await explain((store) => store.list({ jobs: many, state: 'RUNNING', limit: 50 }))
  t.match(steps.join('\n'), /SEARCH runs USING INDEX runs_by_state \(state=\?\)/)
  t.notMatch(steps.join('\n'), 'runs_by_job')
})

const OTHERS: Record<string, (store: RunStore) => Promise<unknown>> = {
  get: (store) => store.get(run.id),
  getByKey: (store) => store.getByKey('control-m', 'nightly-load', 'k'),
  findByDatabricksRun: (store) => store.findByDatabricksRun('1'),
  attempts: (store) => store.attempts(run.id),
  'due to submit': (store) => store.dueSubmissions('main', Date.now(), 10),
  'due to look': (store) => store.dueLooks('main', Date.now(), 10),
  'nextDue to submit': (store) => store.nextDue('main', 'submit', 0),
  'nextDue to look': (store) => store.nextDue('main', 'look', 0),
  countAhead: (store) => store.countAhead(run),
  jobLoad: (store) => store.jobLoad('nightly-load', 10),
  tombstone: (store) => store.tombstone(run.id),
  tombstoneByKey: (store) => store.tombstoneByKey('control-m', 'nightly-load', 'k'),
  durations: (store) => store.durations('nightly-load'),
  update: (store) =>
    store.update(
      run,
      { state: 'FAILED', result: 'KO', finished_at: 1, due_at: null },
      { job: run.job, state: 'FAILED', result: 'KO', cause: 'cluster' },
    ),
  addAttempt: async (store) => store.addAttempt((await store.get(run.id)) ?? run, sampleAttempt({ number: 2 })),
  tell: (store) => store.tell(run.id, 1, 2, 'R1'),
  sight: (store) => store.sight([{ run_id: run.id, attempt: 1, observed_at: 1, due_at: 2 }]),
  bringForward: (store) => store.bringForward(run.id, 1, 1),
  purge: (store) => store.purge({ endedBefore: 0, tombstonesBefore: 0, now: 0, limit: 100 }),
}

for (const [name, ask] of Object.entries(OTHERS)) {
  t.test(`${name} reads through no table`, async (t) => {
    const steps = await explain(ask)
    t.ok(steps.length > 0)
    t.same(
      steps.filter((step) => step.startsWith('SCAN') || step.includes('TEMP B-TREE')),
      [],
    )
  })
}

t.test('what every scrape reads is small: totals, summaries, and an index of what is active', async (t) => {
  t.same(await explain((store) => store.activeCounts()), ['SCAN attempts USING COVERING INDEX attempts_active'])
  t.same(await explain((store) => store.observations(0)), ['SCAN attempts USING COVERING INDEX attempts_observed'])
  const unfinished = await explain((store) => store.unfinished(jobs))
  t.same(unfinished, ['SEARCH attempts USING COVERING INDEX attempts_active (job=?)'])
  t.same(await explain((store) => store.endings()), ['SCAN endings'])
  t.same(await explain((store) => store.jobSummaries()), ['SCAN job_summaries'])
})
