import type { RecordedEvent } from '../runs/audit.ts'
import { writeRecord } from './csv.ts'
import type { EventObject } from './schemas/event.ts'

export function presentEvent({ id, at, ...event }: RecordedEvent): EventObject {
  return { id, at: new Date(at).toISOString(), ...event }
}

const COLUMNS = [
  ...(['at', 'action', 'result', 'client', 'key_id', 'remote_address'] as const),
  ...(['workspace', 'job', 'run_id', 'attempt', 'ref', 'detail', 'id'] as const),
]

/** How events are written one after the other. */
export interface EventFormat {
  type: string
  /** What stands before the first. */
  head: string
  write(event: RecordedEvent): string
}

/** One object a line. */
export const ndjson: EventFormat = {
  type: 'application/x-ndjson; charset=utf-8',
  head: '',
  write: (event) => `${JSON.stringify(presentEvent(event))}\n`,
}

/** One record a line, `detail` as JSON. */
export const csv: EventFormat = {
  type: 'text/csv; charset=utf-8; header=present',
  head: writeRecord(COLUMNS),
  write(event) {
    const presented = presentEvent(event)
    const detail = presented.detail && JSON.stringify(presented.detail)
    return writeRecord(COLUMNS.map((column) => (column === 'detail' ? detail : presented[column])))
  },
}
