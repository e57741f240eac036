import { runs } from './0001-runs.ts'
import { pausesAndAudit } from './0002-pauses-and-audit.ts'

/**
 * Statements by name, in order. A migration that was released never changes. They only ever add, and a release brings one
 * at most: so the program before it can go on working on what it made, which a rolling update and a rollback need.
 */
export const MIGRATIONS: Record<string, string[]> = {
  '0001-runs': runs,
  '0002-pauses-and-audit': pausesAndAudit,
}
