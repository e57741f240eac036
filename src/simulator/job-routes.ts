import { type Api, type ApiRequest, checkVersion, existingJob, type Handler } from './api.ts'
import { invalid } from './errors.ts'
import { queryBoolean, queryNumber, requireQueryId } from './fields.ts'
import { decodePage, encodePage, PAGE_SIZE, pageTokens } from './page.ts'
import { presentDefinition, presentJob } from './present.ts'

const DEFAULT_LIMIT = 20
const MAX_LIMIT = 100

/** jobs/get and jobs/list. */
export function jobRoutes(api: Api): Record<string, Handler> {
  return {
    'GET jobs/get': (request) => getJob(api, request),
    'GET jobs/list': (request) => listJobs(api, request),
  }
}

function getJob(api: Api, { query, version, view }: ApiRequest) {
  const job = existingJob(api, requireQueryId(query, 'job_id'))
  const { tasks, parameters = [] } = job.definition
  checkVersion(version, tasks.length)
  const from = version < 2 ? 0 : decodePage(query.get('page_token'))
  const to = version < 2 ? Number.POSITIVE_INFINITY : from + PAGE_SIZE
  const { settings, ...rest } = presentJob(job, view)
  const more = Math.max(tasks.length, parameters.length) > to
  return {
    ...rest,
    settings: {
      ...settings,
      tasks: tasks.slice(from, to).map(presentDefinition),
      ...(parameters.length > from && { parameters: parameters.slice(from, to) }),
    },
    ...(more && { has_more: true, next_page_token: encodePage(to) }),
  }
}

/** Never returns the jobs' parameters, not even expanded: only jobs/get does. */
function listJobs({ workspace }: Api, { query, version, view }: ApiRequest) {
  const limit = queryNumber(query, 'limit') ?? DEFAULT_LIMIT
  if (limit < 1 || limit > MAX_LIMIT) throw invalid(`Invalid value for parameter limit: 1 to ${MAX_LIMIT} is allowed`)
  const name = query.get('name')?.toLowerCase()
  const offset = query.has('page_token') ? decodePage(query.get('page_token')) : (queryNumber(query, 'offset') ?? 0)
  const expand = queryBoolean(query, 'expand_tasks')
  const jobs = workspace.jobs().filter((job) => name === undefined || job.definition.name.toLowerCase() === name)
  const more = jobs.length > offset + limit
  return {
    jobs: jobs.slice(offset, offset + limit).map((job) => {
      const { settings, ...rest } = presentJob(job, view)
      if (!expand) return { ...rest, settings }
      const { tasks } = job.definition
      const listed = tasks.slice(0, PAGE_SIZE).map(presentDefinition)
      return { ...rest, settings: { ...settings, tasks: listed }, ...(tasks.length > PAGE_SIZE && { has_more: true }) }
    }),
    ...(version < 2 && { has_more: more }),
    ...pageTokens(offset, limit, more),
  }
}
