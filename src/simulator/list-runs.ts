import { type Api, type ApiRequest, existingJob } from './api.ts'
import { invalid } from './errors.ts'
import { queryBoolean, queryId, queryNumber } from './fields.ts'
import { decodePage, PAGE_SIZE, pageTokens } from './page.ts'
import { presentAttempt, presentRun, type View } from './present.ts'
import { attemptsOf, type Run } from './run.ts'
import { createRunIndex, listRuns } from './run-index.ts'

const DEFAULT_LIMIT = 20
const MAX_LIMIT = 25
/** The only type of run that this workspace has, besides the ones that exist elsewhere. */
const OWN_TYPE = 'JOB_RUN'
const RUN_TYPES = [OWN_TYPE, 'SUBMIT_RUN', 'WORKFLOW_RUN']

/** runs/list: one page of the runs that pass the filters. Throws ApiError. */
export function listRunsPage(api: Api, { query, version, view }: ApiRequest) {
  const activeOnly = queryBoolean(query, 'active_only')
  const completedOnly = queryBoolean(query, 'completed_only')
  if (activeOnly && completedOnly) throw invalid('active_only and completed_only can not be used together')
  const limit = queryNumber(query, 'limit') ?? DEFAULT_LIMIT
  if (limit > MAX_LIMIT) throw invalid(`Invalid value for parameter limit: at most ${MAX_LIMIT} is allowed`)
  const type = query.get('run_type') ?? OWN_TYPE
  if (!RUN_TYPES.includes(type)) throw invalid('Invalid value for parameter run_type')
  const filter = {
    only: activeOnly ? ('active' as const) : completedOnly ? ('ended' as const) : undefined,
    from: queryNumber(query, 'start_time_from') ?? 0,
    to: queryNumber(query, 'start_time_to') ?? Number.POSITIVE_INFINITY,
  }
  const offset = query.has('page_token') ? decodePage(query.get('page_token')) : (queryNumber(query, 'offset') ?? 0)
  const expand = queryBoolean(query, 'expand_tasks')
  const jobId = queryId(query, 'job_id')
  const runs =
    type !== OWN_TYPE ? createRunIndex() : jobId === undefined ? api.workspace.runs : existingJob(api, jobId).runs
  // A limit of 0 means the most there is.
  const size = limit || MAX_LIMIT
  const found = [
    ...listRuns(runs, filter, api.options.list_order)
      .drop(offset)
      .take(size + 1),
  ]
  const more = found.length > size
  return {
    runs: found
      .slice(0, size)
      .map((run) => ({ ...presentRun(run, view), ...(expand && presentFirstTasks(run, view)) })),
    ...(version < 2 && { has_more: more }),
    ...pageTokens(offset, size, more),
  }
}

function presentFirstTasks(run: Run, view: View) {
  const attempts = attemptsOf(run, view.now)
  const tasks = attempts.slice(0, PAGE_SIZE).map((attempt) => presentAttempt(run, attempt, view))
  return { tasks, ...(attempts.length > PAGE_SIZE && { has_more: true }) }
}
