import { encodeTime, TIME_MAX } from 'ulid'

/** What every run id made at `time` (epoch ms) or later is greater than, and every earlier one less. */
export function firstId(time: number): string {
  return encodeTime(Math.min(Math.max(time, 0), TIME_MAX))
}
