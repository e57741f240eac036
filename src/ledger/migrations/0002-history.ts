/** What is kept for later, and found again when it is too old. */
export const history = [
  // Tombstones by age, so that those that are too old are found without reading the others.
  'create index tombstones_by_age on tombstones (purged_at)',
]
