/** The ledger cannot be opened. `message` is one line for the operator: what is wrong, where, and what to do. */
export class LedgerOpenError extends Error {
  override name = 'LedgerOpenError' as const
}
