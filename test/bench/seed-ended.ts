import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { encodeTime } from 'ulid'
import { openLedger } from '../../src/ledger/open.ts'
import { encodeAttempt, encodeRun } from '../../src/ledger/rows.ts'
import type { Cause, DoneState, Run } from '../../src/runs/run.ts'
import { makeRun } from '../support/make-run.ts'
import { INSTANCE } from './gateway.ts'

export interface EndedRuns {
  count: number
  /** Names of the catalogue, in turns. */
  jobs: string[]
  /** They were triggered evenly between these, epoch ms. */
  from: number
  until: number
}

const RUN_MS = 600_000
/** So many of the oldest runs have a state that no other has. */
const PARTIAL = 10
/** One run in so many was triggered by another client. */
const RARE = 100
const FOLDERS = 20

/** A ledger of ended runs: most of them well, of two clients, each with a key and a ref of its own. */
export async function seedEndedRuns(ledger: string, seeds: EndedRuns): Promise<void> {
  const store = await openLedger({ url: `sqlite:${ledger}`, synchronous: 'normal', instance: INSTANCE })
  await store.close()
  const database = new DatabaseSync(ledger)
  database.exec('PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA cache_size = -500000')
  const indexes = database.prepare("select name, sql from sqlite_schema where type = 'index' and sql is not null").all()
  // Sorted once at the end, they take a fraction of the time.
  for (const { name } of indexes) database.exec(`drop index ${name}`)
  database.exec('begin')
  insertRuns(database, seeds)
  database.exec(`insert into endings
    select job, state, result, coalesce(cause, ''), count(*) from attempts group by job, state, result, cause`)
  database.exec(`insert into job_summaries
      (job, last_result, last_finished_at, last_run_ms, last_success_at, recent_run_ms)
    select job, result, max(finished_at), run_ms, max(finished_at), '[${RUN_MS}]'
    from attempts where result = 'OK' group by job`)
  for (const { sql } of indexes) database.exec(String(sql))
  database.exec('commit; PRAGMA journal_mode = WAL')
  database.close()
}

function insertRuns(database: DatabaseSync, { count, jobs, from, until }: EndedRuns): void {
  const insertRun = createInsert(database, 'runs')
  const insertAttempt = createInsert(database, 'attempts')
  for (let index = 0; index < count; index++) {
    const created_at = Math.floor(from + ((until - from) * index) / count)
    const run = makeEndedRun(index, jobs[index % jobs.length] ?? '', created_at)
    insertRun(encodeRun(run))
    insertAttempt(encodeAttempt(run, run.attempt))
  }
}

function createInsert(database: DatabaseSync, table: string): (row: object) => void {
  let insert: ReturnType<DatabaseSync['prepare']> | undefined
  return (row) => {
    const columns = Object.keys(row)
    insert ??= database.prepare(`insert into ${table} (${columns}) values (${columns.map(() => '?')})`)
    insert.run(...(Object.values(row) as SQLInputValue[]))
  }
}

/** Also tells what to look for: the key, ref and id of each run follow from its number. */
export function makeEndedRun(index: number, job: string, created_at: number): Run {
  const client = Math.floor(index / FOLDERS) % RARE === 0 ? 'rare' : 'bench'
  const [state, cause] = endingOf(index)
  return makeRun({
    id: `${encodeTime(created_at)}${String(index).padStart(16, '0')}`,
    job,
    client_id: client,
    key: `K-${index}`,
    created_at,
    attempt: {
      client,
      ref: `FOLDER-${index % FOLDERS}/LOAD/${index}/1`,
      state,
      result: cause === null ? 'OK' : 'KO',
      cause,
      message: 'Ended.',
      token: `token-${index}`,
      databricks_run_id: String(100_000_000 + index),
      created_at,
      started_at: created_at,
      finished_at: created_at + RUN_MS,
      observed_at: created_at + RUN_MS,
      run_ms: RUN_MS,
      tries_in_doubt: 0,
    },
  })
}

function endingOf(index: number): [DoneState, Cause | null] {
  if (index < PARTIAL) return ['PARTIAL', null]
  // A prime, so that neither jobs nor folders have endings of their own.
  const drawn = (index * 7_919) % 97
  if (drawn < 86) return ['SUCCEEDED', null]
  return drawn < 95 ? ['FAILED', 'user_code'] : ['CANCELED', 'canceled']
}
