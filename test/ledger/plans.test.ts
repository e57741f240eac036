import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { type CompiledQuery, Kysely, sql } from 'kysely'
import t from 'tap'
import { createGroupCommit } from '../../src/ledger/commit.ts'
import { insertOneByOne } from '../../src/ledger/insert-attempt.ts'
import { unindexed } from '../../src/ledger/list.ts'
import { migrate } from '../../src/ledger/migrate.ts'
import { sqliteSchema } from '../../src/ledger/open-sqlite.ts'
import { prependInSqlite } from '../../src/ledger/prepend.ts'
import { createRunStore } from '../../src/ledger/runs.ts'
import { writeEachSighting } from '../../src/ledger/sightings.ts'
import { createSqliteDialect } from '../../src/ledger/sqlite.ts'
import type { Tables } from '../../src/ledger/tables.ts'
import type { RunStore } from '../../src/runs/store.ts'
import { EVENTS, LISTS, OTHERS, run } from './questions.ts'

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
  lockJob: async () => {},
  residual: unindexed,
  writeSightings: writeEachSighting,
  insertAttempt: insertOneByOne(db),
  prepend: prependInSqlite,
  now: sql`0`,
  size: async () => 0,
  close: () => db.destroy(),
})
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

for (const [filter, index = 'sqlite_autoindex_runs_1'] of LISTS) {
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

for (const [filter, index] of EVENTS) {
  t.test(`events by ${JSON.stringify(filter)} are read from ${index}`, async (t) => {
    const kind = Object.keys(filter).length > 0 ? 'SEARCH' : 'SCAN'
    const [step = '', ...others] = await explain((store) => store.events({ limit: 50, ...filter }))
    t.match(step, new RegExp(`^${kind} audit_events USING INDEX ${index}\\b`))
    t.same(others, [], 'in its order')
  })
}

t.test('a list for more jobs than are merged reads newest first', async (t) => {
  const many = Array.from({ length: 201 }, (_, index) => `job-${index}`)
  const steps = await explain((store) => store.list({ jobs: many, state: 'RUNNING', limit: 50 }))
  t.match(steps.join('\n'), /SEARCH runs USING INDEX runs_by_state \(state=\?\)/)
  t.notMatch(steps.join('\n'), 'runs_by_job')
})

/** What is due, or active in one job, is few, and is put into its order after it was found. */
const SORTED = new Set(['due to submit', 'due to look', 'jobLoad'])

for (const [name, ask] of Object.entries(OTHERS)) {
  t.test(`${name} reads through no table`, async (t) => {
    const steps = await explain(ask)
    t.ok(steps.length > 0)
    t.same(
      steps.filter((step) => step.startsWith('SCAN') || (!SORTED.has(name) && step.includes('TEMP B-TREE'))),
      [],
    )
  })
}

t.test('what a pause holds is found without the rest', async (t) => {
  for (const target of [
    { scope: 'all', name: '' },
    { scope: 'workspace', name: 'main' },
    { scope: 'job', name: 'nightly-load' },
  ] as const) {
    const [step, ...others] = await explain((store) => store.wakeHeld(target, 1, ''))
    t.match(step, /^(SCAN|SEARCH) attempts USING INDEX attempts_held\b/)
    t.same(others, [])
  }
})

t.test('what every scrape reads is small: totals, summaries, and an index of what is active', async (t) => {
  t.same(await explain((store) => store.activeCounts()), ['SCAN attempts USING COVERING INDEX attempts_active'])
  t.same(await explain((store) => store.observations(0)), ['SCAN attempts USING COVERING INDEX attempts_observed'])
  const unfinished = await explain((store) => store.unfinished(['nightly-load', 'report']))
  t.same(unfinished, ['SEARCH attempts USING COVERING INDEX attempts_active (job=?)'])
  t.same(await explain((store) => store.endings()), ['SCAN endings'])
  t.same(await explain((store) => store.jobSummaries()), ['SCAN job_summaries'])
})
