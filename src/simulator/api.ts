import { ApiError, forbidden, invalid } from './errors.ts'
import type { Body } from './fields.ts'
import type { Options } from './options.ts'
import { PAGE_SIZE } from './page.ts'
import type { View } from './present.ts'
import type { Job, Run } from './run.ts'
import type { Workspace } from './workspace.ts'

/** A call of the Jobs API, parsed. */
export interface ApiRequest {
  /** The minor version: 0, 1 or 2. */
  readonly version: number
  readonly query: URLSearchParams
  readonly body: Body
  readonly view: View
}

/** What the handlers of the Jobs API work on. */
export interface Api {
  readonly workspace: Workspace
  readonly options: Options
}

/** Answers with the body of a 200, or throws ApiError. */
export type Handler = (request: ApiRequest) => object

/** The job, when it exists and this caller may run it. Permission is checked before existence, as Databricks does. */
export function runnableJob({ workspace, options }: Api, id: string, { user }: View): Job {
  const job = workspace.job(id)
  if (job?.definition.can_run === false) throw forbidden(user, id)
  if (job && !job.deleted) return job
  const status = options.missing_job_status
  throw new ApiError(status, status === 404 ? 'RESOURCE_DOES_NOT_EXIST' : 'INVALID_PARAMETER_VALUE', missing('Job', id))
}

export function existingJob({ workspace }: Api, id: string): Job {
  const job = workspace.job(id)
  if (!job || job.deleted) throw invalid(missing('Job', id))
  return job
}

export function existingRun({ workspace }: Api, id: string): Run {
  const run = workspace.run(id)
  if (!run) throw invalid(missing('Run', id))
  return run
}

/** The versions before 2.2 know no pages, and therefore no large jobs. */
export function checkVersion(version: number, tasks: number): void {
  if (version >= 2 || tasks <= PAGE_SIZE) return
  const limit = `Resources with more than ${PAGE_SIZE} tasks can only be handled by API 2.2 and above`
  throw invalid(`${limit}. Your resource has ${tasks} tasks`)
}

function missing(what: string, id: string): string {
  return `${what} ${id} does not exist.`
}
