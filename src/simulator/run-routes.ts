import { type Api, type ApiRequest, checkVersion, existingRun, type Handler, runnableJob } from './api.ts'
import { ApiError, forbidden, invalid } from './errors.ts'
import { queryBoolean, readBoolean, readList, readObject, readString, requireId, requireQueryId } from './fields.ts'
import { digits } from './json.ts'
import { listRunsPage } from './list-runs.ts'
import { presentOutput } from './output.ts'
import { decodePage, encodePage, PAGE_SIZE } from './page.ts'
import { readParameters } from './parameters.ts'
import { presentAttempt, presentParameters, presentRepairs, presentRun, presentTaskRun, type View } from './present.ts'
import { attemptsOf, type Run, runPhase } from './run.ts'
import { chooseTasks } from './selection.ts'

const MAX_TOKEN = 64

/** run-now and what acts on runs, but repair. */
export function runRoutes(api: Api): Record<string, Handler> {
  return {
    'POST jobs/run-now': (request) => runNow(api, request),
    'GET jobs/runs/get': (request) => getRun(api, request),
    'GET jobs/runs/list': (request) => listRunsPage(api, request),
    'GET jobs/runs/get-output': (request) => getOutput(api, request),
    'POST jobs/runs/cancel': (request) => cancelRun(api, request),
    'POST jobs/runs/delete': (request) => deleteRun(api, request),
  }
}

function runNow(api: Api, { body, view }: ApiRequest) {
  const jobId = requireId(body, 'job_id')
  const token = readString(body, 'idempotency_token')
  if (token && token.length > MAX_TOKEN) {
    throw invalid(`idempotency_token must not be longer than ${MAX_TOKEN} characters`)
  }
  const parameters = readParameters(body)
  const queue = readObject(body, 'queue')
  const enabled = queue && readBoolean(queue, 'enabled')
  if (queue && enabled === undefined) throw invalid('Missing required field: queue.enabled')
  const job = runnableJob(api, jobId, view)
  const keys = readList(body, 'only')
  const only = keys && chooseTasks(job.definition.tasks, keys)
  const run = api.workspace.trigger(job, { parameters, token, queue: enabled, only })
  return { run_id: digits(run.id), number_in_job: digits(run.id) }
}

/** A task run answers to its own id too, with itself as the only task. */
function getRun(api: Api, { query, version, view }: ApiRequest) {
  const id = requireQueryId(query, 'run_id')
  const found = api.workspace.attempt(id)
  if (found) {
    const { run, attempt } = found
    return { ...presentTaskRun(run, attempt, view), tasks: [presentAttempt(run, attempt, view)] }
  }
  const run = existingRun(api, id)
  checkVersion(version, run.definition.tasks.length)
  const from = version < 2 ? 0 : decodePage(query.get('page_token'))
  const to = version < 2 ? Number.POSITIVE_INFINITY : from + PAGE_SIZE
  const attempts = attemptsOf(run, view.now)
  const parameters = presentParameters(run)
  const repairs = queryBoolean(query, 'include_history') ? presentRepairs(run, view) : []
  const longest = Math.max(attempts.length, parameters.length, repairs.length)
  return {
    ...presentRun(run, view),
    tasks: attempts.slice(from, to).map((attempt) => presentAttempt(run, attempt, view)),
    ...(parameters.length > from && { job_parameters: parameters.slice(from, to) }),
    ...(repairs.length > from && { repair_history: repairs.slice(from, to) }),
    ...(longest > to && { has_more: true, next_page_token: encodePage(to) }),
  }
}

function getOutput(api: Api, { query, view }: ApiRequest) {
  const id = requireQueryId(query, 'run_id')
  const found = api.workspace.attempt(id)
  if (found) return presentOutput(found.run, found.attempt, view)
  const run = existingRun(api, id)
  const attempts = attemptsOf(run, view.now)
  const last = attempts.at(-1)
  if (!last || run.definition.tasks.length > 1 || api.options.single_task_output_status === 400) {
    const advice = 'Please retrieve the output of each individual task run instead.'
    throw invalid(`Retrieving the output of runs with multiple tasks is not supported. ${advice}`)
  }
  return presentOutput(run, last, view)
}

/** Asynchronous: the run is TERMINATING when this returns. */
function cancelRun(api: Api, { body, view }: ApiRequest) {
  const run = changeableRun(api, requireId(body, 'run_id'), view)
  const ended = runPhase(run, view.now).ending !== undefined
  if (ended && api.options.cancel_ended_status === 400) {
    throw new ApiError(400, 'INVALID_STATE', `Run ${run.id} is already terminated.`)
  }
  api.workspace.cancel(run)
  return {}
}

function deleteRun(api: Api, { body, view }: ApiRequest) {
  const run = changeableRun(api, requireId(body, 'run_id'), view)
  if (!runPhase(run, view.now).ending) {
    throw new ApiError(400, 'INVALID_STATE', `Run ${run.id} is active and cannot be deleted.`)
  }
  api.workspace.remove(run)
  return {}
}

/** The run, when the caller may act on its job. Throws ApiError. */
function changeableRun(api: Api, id: string, { user }: View): Run {
  const run = existingRun(api, id)
  if (run.job.definition.can_run === false) throw forbidden(user, run.job.id)
  return run
}
