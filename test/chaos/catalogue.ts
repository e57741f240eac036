import type { JobDefinition } from '../../src/simulator/definitions.ts'

const base = { max_concurrent_runs: 1_000, pending_ms: 0, cleanup_ms: 0 }

/** Jobs of the workspace by their names in the gateway's catalogue, which are their names there too. */
export const JOBS = {
  /** Ends well. */
  good: { ...base, job_id: '11', tasks: [{ task_key: 'main', duration_ms: [50, 400, 1_500, 100, 3_000] }] },
  /** Every second run ends badly. */
  moody: {
    ...base,
    job_id: '12',
    tasks: [
      {
        task_key: 'main',
        duration_ms: [100, 700],
        outcome: Array.from({ length: 2_000 }, (_, nth) => (nth % 2 === 0 ? 'failed' : 'success')),
        error: 'AnalysisException: Table or view not found: stg.sales',
      },
    ],
  },
  /** Its second task ends well only when it is repaired. */
  broken: {
    ...base,
    job_id: '13',
    tasks: [
      { task_key: 'first', duration_ms: 100 },
      {
        task_key: 'second',
        depends_on: [{ task_key: 'first' }],
        duration_ms: [100, 900],
        attempts: ['failed', 'success'],
        error: 'ValueError: no rows',
      },
    ],
  },
  /** To be canceled. */
  slow: { ...base, job_id: '14', tasks: [{ task_key: 'main', duration_ms: [6_000, 2_000] }] },
} as const satisfies Record<string, Omit<JobDefinition, 'name'>>

export type JobName = keyof typeof JOBS

export const DEFINITIONS = Object.entries(JOBS).map(([name, job]) => ({ name, ...job }))
