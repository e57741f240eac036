import type { CompiledQuery, Kysely } from 'kysely'
import { compilePerShape } from './compile-per-shape.ts'
import type { AttemptRow, AuditEventRow, Tables } from './tables.ts'

/** Statements that write an attempt and the event that tells of it, in their order. */
export type InsertAttempt = (attempt: AttemptRow, event: AuditEventRow) => CompiledQuery[]

/** For SQLite, whose statements write one table each. */
export function insertOneByOne(db: Kysely<Tables>): InsertAttempt {
  const insertAttempt = compilePerShape((row: AttemptRow) => db.insertInto('attempts').values(row).compile())
  const insertEvent = compilePerShape((row: AuditEventRow) => db.insertInto('audit_events').values(row).compile())
  return (attempt, event) => [insertAttempt(attempt), insertEvent(event)]
}

/** For PostgreSQL, where each statement costs a round trip. */
export function insertTogether(db: Kysely<Tables>): InsertAttempt {
  const insert = compilePerShape((event: AuditEventRow, attempt: AttemptRow) =>
    db
      .with('event', (cte) => cte.insertInto('audit_events').values(event))
      .insertInto('attempts')
      .values(attempt)
      .compile(),
  )
  return (attempt, event) => [insert(event, attempt)]
}
