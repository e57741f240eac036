import type { Test } from 'tap'
import { type InProcess, startInProcess } from './in-process.ts'

const QUICK = { pending_ms: 0, cleanup_ms: 0 }
const quick = (job_id: string, task: object = {}) => ({
  ...QUICK,
  job_id,
  name: `job-${job_id}`,
  tasks: [{ task_key: 'load', duration_ms: 50, ...task }],
})

/** Jobs that end well, badly and late; a client for each profile. */
export function startWithJobs(t: Test, server: Record<string, unknown> = {}): Promise<InProcess> {
  return startInProcess(t, {
    server,
    workspace: {
      jobs: [
        {
          ...quick('11'),
          parameters: [
            { name: 'day', default: '' },
            { name: 'region', default: '' },
          ],
        },
        quick('12', { outcome: 'failed', error: 'AnalysisException: stg.sales' }),
        quick('13', { duration_ms: 60_000 }),
        quick('14'),
        { ...quick('15'), can_run: false },
      ],
    },
    jobs: {
      good: { job_id: '11', parameters: { day: { type: 'date' }, region: { default: 'NORTE' } } },
      bad: { job_id: '12', rerun_min_seconds: 0 },
      slow: { job_id: '13' },
      notebook: { job_id: '14', parameters_as: 'notebook_params', parameters: { day: { type: 'date' } } },
      denied: { job_id: '15' },
      missing: { job_id: '99' },
      strict: { job_id: '11', key: 'required', rerun_allowed: ['replay'] },
    },
    clients: {
      generic: {},
      'control-m': { profile: 'control-m', date_input: 'yymmdd' },
      plugin: { profile: 'control-m-plugin' },
      // As profile azure, which needs a public_url.
      azure: { outcome: 'http', rerun: 'new', key: 'required' },
      one: { profile: 'one-call' },
    },
  })
}
