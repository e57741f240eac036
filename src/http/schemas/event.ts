import { type Static, Type } from '@sinclair/typebox'
import { AUDIT_ACTIONS, AUDIT_RESULTS, type RecordedEvent } from '../../runs/audit.ts'
import { choice, instant, nullable } from './types.ts'

export const EventSchema = Type.Object(
  {
    id: Type.String({ description: 'Of the event; ids sort by time.' }),
    at: instant('When it was accepted.'),
    action: choice(AUDIT_ACTIONS, {
      description: 'What was done. A trigger that reran what had failed in the same Databricks run is a repair.',
    }),
    result: choice(AUDIT_RESULTS, {
      description: 'accepted: an attempt, to be submitted; asked: a wish to cancel; applied: in force.',
    }),
    client: nullable(Type.String({ description: 'Name of the client; null: not by a call.' })),
    key_id: nullable(Type.String({ description: 'What the client proved itself with: id of its key or token.' })),
    remote_address: nullable(Type.String({ description: 'From where the call came.' })),
    workspace: nullable(Type.String()),
    job: nullable(Type.String()),
    run_id: nullable(Type.String({ description: 'Of the gateway. The run itself may be gone by now.' })),
    attempt: nullable(Type.Integer({ description: 'Which attempt of the run.' })),
    ref: nullable(Type.String({ description: "The caller's note." })),
    detail: Type.Unsafe<Record<string, unknown> | null>({
      type: ['object', 'null'],
      description:
        'trigger, repair: kind (first, new, force, repair, resubmit), databricks_job_id. pause: scope, name, mode, message, until. resume: scope, name. ' +
        'reload: host, cause (signal, change), changed (sections), config_before, config_after.',
      additionalProperties: true,
    }),
  },
  { $id: 'AuditEvent', title: 'Audit event', description: 'Something that was changed, and by whom.' },
)

export type EventObject = Static<typeof EventSchema>

export const exampleEvent: RecordedEvent = {
  id: '01KAPXVZ0HM3E9C6N8J4Q7S2VA',
  at: Date.UTC(2026, 10, 22, 20),
  action: 'trigger',
  result: 'accepted',
  client: 'control-m',
  key_id: '9f86d081',
  remote_address: '10.20.30.40',
  workspace: 'main',
  job: 'nightly-load',
  run_id: '01KAPXVZ0GQ4T8W2R5Y7B9D1FH',
  attempt: 1,
  ref: 'SALES/LOAD_SALES/0a1b2/1',
  detail: { kind: 'first', databricks_job_id: '281874479417551' },
}
