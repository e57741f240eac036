import type { Run as UpstreamRun } from '../databricks/types.ts'

/** The id of the last repair; null when there was none. */
export function latestRepairId({ repair_history }: UpstreamRun): string | null {
  return repair_history?.findLast(({ type }) => type === 'REPAIR')?.id ?? null
}
