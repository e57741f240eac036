import type { JobDefinition } from '../simulator/definitions.ts'

/** What a newcomer finds: a job that succeeds, one that fails in its second task, a slow one. */
export const DEMO_JOBS: readonly JobDefinition[] = [
  {
    job_id: '1001',
    name: 'Nightly load',
    parameters: [
      { name: 'day', default: '1970-01-01' },
      { name: 'region', default: 'NORTE' },
    ],
    tasks: [
      { task_key: 'extract', duration_ms: 2_000 },
      { task_key: 'load', depends_on: [{ task_key: 'extract' }], duration_ms: 3_000, notebook_exit: '{"rows": 42}' },
    ],
  },
  {
    job_id: '1002',
    name: 'Broken load',
    tasks: [
      { task_key: 'extract', duration_ms: 2_000 },
      {
        task_key: 'load',
        depends_on: [{ task_key: 'extract' }],
        duration_ms: 1_000,
        outcome: 'failed',
        error: 'AnalysisException: Table or view not found: stg.sales',
        error_trace: 'AnalysisException: Table or view not found: stg.sales\n  at load (/jobs/load:12)',
      },
    ],
  },
  {
    job_id: '1003',
    name: 'Slow load',
    pending_ms: 5_000,
    tasks: [{ task_key: 'load', duration_ms: 115_000 }],
  },
]
