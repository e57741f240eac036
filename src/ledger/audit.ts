import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { AuditEvent, AuditStore, EventFilter, RecordedEvent } from '../runs/audit.ts'
import { createId } from '../runs/id.ts'
import { firstId } from './first-id.ts'
import type { LedgerDatabase } from './runs.ts'
import type { AuditEventRow, Tables } from './tables.ts'

type Column = 'run_id' | 'action' | 'job' | 'client'

/** Records an event in the transaction of the change that it tells of. */
export async function insertEvent(trx: Kysely<Tables>, event: AuditEvent): Promise<void> {
  await trx.insertInto('audit_events').values(encodeEvent(event)).execute()
}

/** Events as an auditor asks for them, and those that tell of no change in the ledger. */
export function createEvents({
  db,
  writeOne,
  residual,
}: Pick<LedgerDatabase, 'db' | 'writeOne' | 'residual'>): AuditStore {
  return {
    recordEvent: (event) => writeOne((trx) => insertEvent(trx, event)),

    events: async (filter) => {
      const leading = leadingColumn(filter)
      const at = (column: Column): RawBuilder<string> => (column === leading ? sql.ref(column) : residual(column))
      let query = db.selectFrom('audit_events').selectAll().orderBy('id', 'desc').limit(filter.limit)
      for (const column of ['run_id', 'action', 'job', 'client'] as const) {
        const value = filter[column]
        if (value !== undefined) query = query.where(at(column), '=', value)
      }
      // Literally as in its index, which SQLite would otherwise not take for a value that it does not know yet.
      if (leading === 'action') query = query.where('action', '<>', sql.lit('trigger'))
      if (filter.since !== undefined) query = query.where('id', '>=', firstId(filter.since))
      const [end] = [filter.before, filter.until === undefined ? undefined : firstId(filter.until + 1)].toSorted()
      if (end !== undefined) query = query.where('id', '<', end)
      return (await query.execute()).map(decodeEvent)
    },
  }
}

/** The column to be found by index, the rarest value first; the others are compared row by row. */
function leadingColumn({ run_id, action, job, client }: EventFilter): Column | undefined {
  if (run_id !== undefined) return 'run_id'
  if (action !== undefined && action !== 'trigger') return 'action'
  if (job !== undefined) return 'job'
  return client === undefined ? undefined : 'client'
}

/** Spelt out, so that every event has the same columns in the same order. */
export function encodeEvent(event: AuditEvent): AuditEventRow {
  return {
    id: createId(event.at),
    at: event.at,
    action: event.action,
    client: event.client,
    key_id: event.key_id,
    remote_address: event.remote_address,
    workspace: event.workspace,
    job: event.job,
    run_id: event.run_id,
    attempt: event.attempt,
    ref: event.ref,
    result: event.result,
    detail: event.detail && JSON.stringify(event.detail),
  }
}

function decodeEvent({ detail, ...row }: AuditEventRow): RecordedEvent {
  return { ...row, detail: detail === null ? null : JSON.parse(detail) }
}
