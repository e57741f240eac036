import type { CompiledQuery, Kysely, RawBuilder, Transaction } from 'kysely'
import { type AuditEvent, describeAttempt, describeCancel } from '../runs/audit.ts'
import type { Replicas } from '../runs/replicas.ts'
import type { Attempt, Run } from '../runs/run.ts'
import type { AttemptChange, Ending, RunStore } from '../runs/store.ts'
import { createEvents, encodeEvent, insertEvent } from './audit.ts'
import type { Write, WriteOne } from './commit.ts'
import { countAhead } from './count-ahead.ts'
import { createExpectations } from './expectations.ts'
import type { InsertAttempt } from './insert-attempt.ts'
import { createLeases } from './lease.ts'
import { listRuns } from './list.ts'
import { createOutputs } from './outputs.ts'
import { createPauseStore } from './pauses.ts'
import type { Prepend } from './prepend.ts'
import { createPurge } from './purge.ts'
import { decodeAttempt, decodeRun, encodeAttempt, encodeChange, encodeRun, keySlot, type LatestRow } from './rows.ts'
import type { WriteSightings } from './sightings.ts'
import { compileStatements, selectTombstone } from './statements.ts'
import { createSteps } from './steps.ts'
import type { AttemptColumns, Tables } from './tables.ts'
import { countEnding, totalsReader } from './totals.ts'

/** What differs between databases. */
export interface LedgerDatabase {
  db: Kysely<Tables>
  write: Write
  writeOne: WriteOne
  /** Whether writers work side by side and lock the rows they change; else one follows the other. */
  locksRows: boolean
  /** Until the transaction ends nobody else has the lock of this job. */
  lockJob(trx: Transaction<Tables>, job: string): Promise<void>
  /** A column as it is compared when another one is to be found by index: bare where the optimiser counts its values. */
  residual(column: string): RawBuilder<string>
  writeSightings: WriteSightings
  insertAttempt: InsertAttempt
  prepend: Prepend
  /** The database's clock, epoch ms. */
  now: RawBuilder<number>
  /** Left out: one process has it. */
  replicas?: Replicas
  size(): Promise<number>
  close(): Promise<void>
}

/** Another write came first. Thrown inside a transaction so that what it did already is undone. */
class StaleRunError extends Error {}

export function createRunStore(database: LedgerDatabase): RunStore {
  const { db, write, writeOne, prepend, now, size, close } = database
  const statements = compileStatements(db)

  /** Changes the latest attempt of `run` if it is still as it was read. */
  const changeAttempt = async (trx: Transaction<Tables>, { id, attempt }: Run, change: Partial<AttemptColumns>) => {
    const { number, version } = attempt
    const changed = await trx.executeQuery(
      statements.changeAttempt({ ...change, version: version + 1 }, id, number, version),
    )
    if (changed.numAffectedRows === 0n) throw new StaleRunError()
  }

  const insertAttempt = async (trx: Transaction<Tables>, run: Run, attempt: Attempt) => {
    const event = encodeEvent(describeAttempt(run, attempt))
    for (const query of database.insertAttempt(encodeAttempt(run, attempt), event)) await trx.executeQuery(query)
  }

  const applyChange = async (
    trx: Transaction<Tables>,
    run: Run,
    change: AttemptChange,
    { ending, event }: { ending?: Ending | undefined; event?: AuditEvent | undefined } = {},
  ) => {
    await changeAttempt(trx, run, encodeChange(change))
    const ended = { ...run.attempt, ...change }
    const { state, result } = ended
    if (state !== run.attempt.state || result !== run.attempt.result) {
      await trx.executeQuery(statements.changeRun({ state, result }, run.id))
    }
    if (ending) await countEnding(trx, ending, ended, prepend)
    if (change.cancel && !run.attempt.cancel) await insertEvent(trx, describeCancel(run, change.cancel))
    if (event) await insertEvent(trx, event)
  }

  /** Resolves false instead when the run is no longer what it was. */
  const writeIfCurrent = (work: (trx: Transaction<Tables>) => Promise<void>) =>
    write(work).then(
      () => true,
      (error: unknown) => {
        if (error instanceof StaleRunError) return false
        throw error
      },
    )

  return {
    insert: (run, supersedes) =>
      write(async (trx) => {
        if (supersedes !== undefined) await giveUpKey(trx, supersedes, run)
        const row = encodeRun(run)
        // Again when the holder was purged between the two statements.
        while ((await trx.executeQuery(statements.insertRun(row))).numAffectedRows === 0n) {
          const holder = await readOne(trx, statements.latestBySlot(row.key_slot ?? ''))
          if (holder) return { inserted: false, holder }
        }
        await insertAttempt(trx, run, run.attempt)
        return { inserted: true }
      }),

    addAttempt: (run, attempt) =>
      writeIfCurrent(async (trx) => {
        await changeAttempt(trx, run, { due_at: null })
        const { numUpdatedRows } = await trx
          .updateTable('runs')
          .set({
            attempt: attempt.number,
            state: attempt.state,
            result: attempt.result,
            ref: attempt.ref,
            rerun_ids: JSON.stringify(
              attempt.rerun_id === null ? run.rerun_ids : withRerun(run.rerun_ids, attempt.rerun_id),
            ),
            version: run.version + 1,
          })
          .where('id', '=', run.id)
          .where('version', '=', run.version)
          .executeTakeFirstOrThrow()
        if (numUpdatedRows === 0n) throw new StaleRunError()
        await insertAttempt(trx, run, attempt)
      }),

    update: (run, change, ending, event) => writeIfCurrent((trx) => applyChange(trx, run, change, { ending, event })),

    updateIfRoom: async (run, change, max) => {
      let ahead = 0
      const current = await writeIfCurrent(async (trx) => {
        await database.lockJob(trx, run.job)
        ahead = await countAhead(trx, run)
        if (ahead < max) await applyChange(trx, run, change)
      })
      return { updated: current && ahead < max, ahead }
    },

    tell: (runId, attempt, at, rerunId) =>
      write(async (trx) => {
        await trx
          .updateTable('attempts')
          .set({ told_at: at })
          .where('run_id', '=', runId)
          .where('number', '=', attempt)
          .where('told_at', 'is', null)
          .execute()
        if (rerunId !== undefined) await spendRerun(trx, runId, rerunId)
      }),

    get: (id) => readOne(db, statements.latestById(id)),
    getByKey: (clientId, job, key) => readOne(db, statements.latestBySlot(keySlot(clientId, job, key))),

    findByDatabricksRun: async (databricksRunId) => {
      const { rows } = await db.executeQuery(statements.latestByDatabricksRun(databricksRunId))
      return rows.map(decodeRun)
    },

    attempts: async (runId) => {
      const rows = await db.selectFrom('attempts').selectAll().where('run_id', '=', runId).orderBy('number').execute()
      return rows.map(decodeAttempt)
    },

    list: (filter) => listRuns(database, filter),

    tombstone: (runId) => selectTombstone(db).where('run_id', '=', runId).executeTakeFirst(),

    tombstoneByKey: async (clientId, job, key) => {
      const { rows } = await db.executeQuery(statements.tombstoneBySlot(keySlot(clientId, job, key)))
      return rows[0]
    },

    ...createSteps(database),
    ...totalsReader(db),
    ...createEvents(database),
    ...createPauseStore(database),
    ...createExpectations(db, writeOne),
    ...createLeases(writeOne, now),
    ...createOutputs(db, writeOne),
    ...createPurge(database),

    ...(database.replicas && { replicas: database.replicas }),
    size,
    close,
  }
}

async function giveUpKey(trx: Transaction<Tables>, id: string, successor: Run): Promise<void> {
  await trx
    .updateTable('runs')
    .set((eb) => ({ key_slot: null, version: eb('version', '+', 1) }))
    .where('id', '=', id)
    .where('key_slot', '=', encodeRun(successor).key_slot)
    .execute()
}

async function spendRerun(trx: Transaction<Tables>, runId: string, rerunId: string): Promise<void> {
  // The row is written before its list is used, so that it is locked where rows have locks (PostgreSQL).
  const run = await trx
    .updateTable('runs')
    .set((eb) => ({ version: eb('version', '+', 1) }))
    .where('id', '=', runId)
    .returning('rerun_ids')
    .executeTakeFirst()
  if (!run) return
  const rerun_ids = JSON.stringify(withRerun(JSON.parse(run.rerun_ids), rerunId))
  await trx.updateTable('runs').set({ rerun_ids }).where('id', '=', runId).execute()
}

function withRerun(spent: string[], rerunId: string): string[] {
  return [...new Set([...spent, rerunId])]
}

async function readOne(db: Kysely<Tables>, query: CompiledQuery<LatestRow>): Promise<Run | undefined> {
  const { rows } = await db.executeQuery(query)
  return rows[0] && decodeRun(rows[0])
}
