import fc from 'fast-check'
import {
  AUDIT_ACTIONS,
  AUDIT_RESULTS,
  type AuditEvent,
  type EventFilter,
  type RecordedEvent,
} from '../../src/runs/audit.ts'

const START = Date.UTC(2026, 10, 23)
const CLIENTS = ['control-m', 'operator']
const JOBS = ['load', 'report']
const RUNS = ['01KAPXVZ0GQ4T8W2R5Y7B9D1FH', '01KAPXVZ0GQ4T8W2R5Y7B9D1FJ']
const seconds = fc.nat({ max: 50 }).map((second) => START + second * 1_000)
const text = fc.option(fc.string({ unit: 'binary' }).filter((value) => !value.includes('\u0000')))

/** Events of every kind, some at the same time, of few jobs, clients and runs. */
export const events: fc.Arbitrary<AuditEvent> = fc.record({
  at: seconds,
  action: fc.constantFrom(...AUDIT_ACTIONS),
  result: fc.constantFrom(...AUDIT_RESULTS),
  client: fc.option(fc.constantFrom(...CLIENTS)),
  key_id: text,
  remote_address: text,
  workspace: text,
  job: fc.option(fc.constantFrom(...JOBS)),
  run_id: fc.option(fc.constantFrom(...RUNS)),
  attempt: fc.option(fc.nat()),
  ref: text,
  detail: fc.constantFrom(
    null,
    {},
    { host: 'línea "1"\u0000', changed: ['jobs', 'clients'], count: 0.5, on: true, off: null },
  ),
})

/** Five at a time, by any of what can be asked for. */
export const filters: fc.Arbitrary<EventFilter> = fc
  .record(
    {
      action: fc.constantFrom(...AUDIT_ACTIONS),
      client: fc.constantFrom(...CLIENTS, 'nobody'),
      job: fc.constantFrom(...JOBS),
      run_id: fc.constantFrom(...RUNS),
      since: seconds,
      until: seconds,
    },
    { requiredKeys: [] },
  )
  .map((filter) => ({ ...filter, limit: 5 }))

/** Whether events by this filter show it. */
export function matches(event: RecordedEvent, { action, client, job, run_id, since, until }: EventFilter): boolean {
  return (
    (action === undefined || action === event.action) &&
    (client === undefined || client === event.client) &&
    (job === undefined || job === event.job) &&
    (run_id === undefined || run_id === event.run_id) &&
    (since === undefined || event.at >= since) &&
    (until === undefined || event.at <= until)
  )
}
