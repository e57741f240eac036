import type { Kysely } from 'kysely'
import type { AuditEvent } from '../runs/audit.ts'
import { createId } from '../runs/id.ts'
import type { AuditEventRow, Tables } from './tables.ts'

/** Records an event in the transaction of the change that it tells of. */
export async function insertEvent(trx: Kysely<Tables>, event: AuditEvent): Promise<void> {
  await trx.insertInto('audit_events').values(encodeEvent(event)).execute()
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
