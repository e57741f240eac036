import { randomFillSync } from 'node:crypto'
import { ulid } from 'ulid'

/** Asked for one by one, random bytes take longer than all the rest of a run's intent. */
const pool = new Uint8Array(4_096)
let used = pool.length

function random(): number {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  // ulid makes one of 32 characters of it.
  return (pool[used++] ?? 0) / 256
}

/** Of a run, or of an event: a ULID, which sorts by time, and cannot be guessed. `now` in epoch ms. */
export function createId(now: number): string {
  return ulid(now, random)
}
