import { type CompiledQuery, type Kysely, sql } from 'kysely'
import type { Tombstone } from '../runs/store.ts'
import { compilePerShape } from './compile-per-shape.ts'
import { selectLatest } from './latest.ts'
import type { LatestRow } from './rows.ts'
import type { AttemptColumns, RunRow, Tables } from './tables.ts'

/** The busiest statements, compiled once: to compile them takes longer than the database needs to run them. */
export interface Statements {
  latestById(id: string): CompiledQuery<LatestRow>
  latestBySlot(keySlot: string): CompiledQuery<LatestRow>
  /** Every run of which any attempt is this Databricks run. */
  latestByDatabricksRun(databricksRunId: string): CompiledQuery<LatestRow>
  /** The newest: attempt numbers go on from one run of a key to the next. */
  tombstoneBySlot(keySlot: string): CompiledQuery<Tombstone>
  /** Inserts nothing when the key's slot is taken. */
  insertRun(row: RunRow): CompiledQuery
  /** Changes an attempt that still has this version. */
  changeAttempt(change: Partial<AttemptColumns>, runId: string, number: number, version: number): CompiledQuery
  changeRun(change: Pick<RunRow, 'state' | 'result'>, runId: string): CompiledQuery
}

export function compileStatements(db: Kysely<Tables>): Statements {
  const byId = selectLatest(db).where('runs.id', '=', '').compile()
  const bySlot = selectLatest(db).where('runs.key_slot', '=', '').compile()
  const byDatabricksRun = selectLatest(db)
    .where('runs.id', 'in', (eb) => eb.selectFrom('attempts').select('run_id').where('databricks_run_id', '=', ''))
    .orderBy('runs.id')
    .compile()
  const tombstone = selectTombstone(db).where('key_slot', '=', '').orderBy('run_id', 'desc').limit(sql.lit(1)).compile()
  return {
    latestById: (id) => ({ ...byId, parameters: [id] }),
    latestBySlot: (keySlot) => ({ ...bySlot, parameters: [keySlot] }),
    latestByDatabricksRun: (databricksRunId) => ({ ...byDatabricksRun, parameters: [databricksRunId] }),
    tombstoneBySlot: (keySlot) => ({ ...tombstone, parameters: [keySlot] }),
    insertRun: compilePerShape((row: RunRow) =>
      db
        .insertInto('runs')
        .values(row)
        .onConflict((conflict) => conflict.column('key_slot').doNothing())
        .compile(),
    ),
    changeAttempt: compilePerShape((change: Partial<AttemptColumns>, runId: string, number: number, version: number) =>
      db
        .updateTable('attempts')
        .set(change)
        .where('run_id', '=', runId)
        .where('number', '=', number)
        .where('version', '=', version)
        .compile(),
    ),
    changeRun: compilePerShape((change: Pick<RunRow, 'state' | 'result'>, runId: string) =>
      db.updateTable('runs').set(change).where('id', '=', runId).compile(),
    ),
  }
}

export function selectTombstone(db: Kysely<Tables>) {
  return db.selectFrom('tombstones').select(['run_id', 'job', 'client_id', 'last_attempt'])
}
