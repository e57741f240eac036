import type { JobConfig } from '../config/schema/jobs.ts'
import type { JobSettings } from '../databricks/types.ts'
import { failed, type Result, warning, well } from './finding.ts'

/** How many runs Databricks allows at once, and what becomes of more. `queue` of run-now beats the job's own. Pure. */
export function checkConcurrency(
  name: string,
  { queue, max_active: held }: Pick<JobConfig, 'queue' | 'max_active'>,
  settings: JobSettings,
): Result {
  const check = 'concurrency'
  const most = settings.max_concurrent_runs ?? 1
  if (most === 0) {
    return failed(check, {
      code: 'job-never-runs',
      message: 'its maximum concurrent runs is 0, so every run is skipped',
      cure: 'raise it in the Databricks job',
    })
  }
  if (!queue && (held === null || held > most)) {
    return warning(check, {
      code: 'runs-skipped',
      message: `Databricks runs ${most} at a time and skips more, since jobs.${name}.queue is false`,
      cure: `set jobs.${name}.queue: true, or jobs.${name}.max_active: ${most}`,
    })
  }
  return well(check, `${most} at a time, more ${queue ? 'queue' : 'are held here'}`)
}

/** What else starts the job, besides the gateway. Pure. */
export function checkTriggers({ continuous, schedule, trigger }: JobSettings): Result {
  const check = 'triggers'
  if (isLive(continuous)) {
    return warning(check, {
      code: 'job-continuous',
      message: 'it runs continuously in Databricks: each trigger cancels the run that is active',
      cure: 'pause its continuous trigger there, or take the job out of the catalogue',
    })
  }
  const own = [
    ...(isLive(schedule) ? [`its schedule (${schedule?.quartz_cron_expression ?? 'no expression'})`] : []),
    ...(isLive(trigger) ? ['its trigger'] : []),
  ]
  if (own.length === 0) return well(check, 'nothing else starts it')
  return warning(check, {
    code: 'job-triggers-itself',
    message: `${own.join(' and ')} in Databricks starts it as well`,
    cure: 'pause that there, unless both are wanted',
  })
}

/** Databricks counts what says nothing as not paused. */
function isLive(cause: { pause_status?: string } | undefined): boolean {
  return cause !== undefined && cause.pause_status !== 'PAUSED'
}
