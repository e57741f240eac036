import type { Config } from '../../config/schema.ts'
import type { Work } from './work.ts'

/** How hard it is for the process to keep up. */
export interface Load {
  /** By how much it is late with its work, ms. */
  delayMs: number
  /** How much of the heap that V8 may have is in use, 0 to 1. */
  heapShare: number
}

/** Tells it, as it is at an instant (epoch ms). */
export type ReadLoad = (at: number) => Load

/** Nearer than that to its end, V8 does little else than to look for room, and then ends the process. */
const HEAP_SHARE = { early: 0.9, late: 0.95 }

/** What is turned away first: what starts something, before what only asks. The rest never is. */
const GOES: Record<Work, 'early' | 'late' | 'never'> = {
  trigger: 'early',
  page: 'early',
  read: 'late',
  await: 'late',
  cancel: 'never',
  operations: 'never',
}

/** Whether such a call is more than the process can do now. Pure. */
export function isTooMuch(work: Work, { delayMs, heapShare }: Load, overload: Config['server']['overload']): boolean {
  const goes = GOES[work]
  if (goes === 'never') return false
  const seconds = goes === 'early' ? overload.triggers_seconds : overload.reads_seconds
  return delayMs >= seconds * 1000 || heapShare >= HEAP_SHARE[goes]
}
