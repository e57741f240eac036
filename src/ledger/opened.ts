import type { Schema } from './migrate.ts'
import type { LedgerDatabase } from './runs.ts'

/** A database that was opened, before its schema and its owner are known to be right. */
export interface OpenedDatabase extends LedgerDatabase {
  schema: Schema
  /** Once they are: this process has it now. */
  takeOver(): Promise<void>
}
