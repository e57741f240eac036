import { type Api, type ApiRequest, existingRun, runnableJob } from './api.ts'
import { judge } from './endings.ts'
import { ApiError, invalid } from './errors.ts'
import { type Body, readBoolean, readId, readList, requireId } from './fields.ts'
import { digits } from './json.ts'
import { readParameters } from './parameters.ts'
import { latestAttempts, type Run, runPhase } from './run.ts'
import { downstreamOf } from './selection.ts'

/**
 * runs/repair: runs tasks of an ended run again, under the same run id and with the job's present settings. Parameters
 * of the original run are not carried over. There is no idempotency token; `latest_repair_id` guards from the second
 * repair on. Throws ApiError.
 */
export function repairRun(api: Api, { body, view }: ApiRequest) {
  const run = existingRun(api, requireId(body, 'run_id'))
  runnableJob(api, run.job.id, view)
  const parameters = readParameters(body)
  const latest = readId(body, 'latest_repair_id')
  if (!runPhase(run, view.now).ending) {
    throw new ApiError(400, 'INVALID_STATE', `Run ${run.id} is in progress and can not be repaired.`)
  }
  const last = run.rounds.at(-1)?.repairId
  if (last && !latest) throw invalid('The latest repair ID needs to be provided in order to create a new repair')
  if (latest !== last) throw invalid('The latest repair ID does not match the latest repair of the run')
  return { repair_id: digits(api.workspace.repair(run, chooseRepair(run, body), parameters)) }
}

function chooseRepair(run: Run, body: Body): Set<string> {
  const named = readList(body, 'rerun_tasks')
  const allFailed = readBoolean(body, 'rerun_all_failed_tasks') ?? false
  if ((named !== undefined) === allFailed) {
    throw invalid('Exactly one of rerun_tasks and rerun_all_failed_tasks needs to be provided')
  }
  const { tasks } = run.job.definition
  const foreign = named?.find((key) => !tasks.some(({ task_key }) => task_key === key))
  if (foreign !== undefined) throw invalid(`Task ${foreign} does not exist.`)
  const keys = new Set(named ?? unsuccessful(run))
  if (keys.size === 0) throw invalid(`Run ${run.id} has no task to repair`)
  return readBoolean(body, 'rerun_dependent_tasks') ? keys.union(downstreamOf(tasks, keys)) : keys
}

/** What failed, was cancelled, or never ran because of that; everything, when the run never started. */
function unsuccessful(run: Run): string[] {
  const latest = latestAttempts(run)
  const known = run.job.definition.tasks.map(({ task_key }) => task_key)
  if (latest.size === 0) return known
  return known.filter((key) => {
    const attempt = latest.get(key)
    return attempt && ['failed', 'canceled'].includes(judge(attempt.ending))
  })
}
