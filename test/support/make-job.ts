import type { JobConfig } from '../../src/config/schema/jobs.ts'

/** A job of the catalogue with nothing but defaults; every field can be set. */
export function makeJob(job: Partial<JobConfig> = {}): JobConfig {
  return {
    workspace: 'main',
    job_id: '281874479417551',
    parameters_as: 'job_parameters',
    parameters: {},
    additional_parameters: false,
    partial_success: 'ok',
    submit_deadline_seconds: 14_400,
    key_ttl_days: 14,
    key: 'optional',
    rerun_min_seconds: 30,
    rerun_allowed: ['replay', 'new', 'repair', 'force'],
    pass_run_id_as: null,
    max_active: null,
    expected_every: null,
    queue: true,
    ...job,
  }
}
