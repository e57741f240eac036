import type { Clock } from '../clock.ts'
import { createAdmission } from './admission.ts'
import { createAcceptance } from './auth/acceptance.ts'
import { type AuthSettings, createCredential } from './auth/kinds.ts'
import { createBudgets, mapEndpoints, type Rates, type Share } from './budget.ts'
import { createDispatcher, type Route } from './dispatcher.ts'
import { createSend, type Send } from './exchange.ts'
import { createHealth } from './health.ts'
import { stringifyWithIds } from './json.ts'
import { joinPages, readPages } from './pages.ts'
import { createRequest, type Operation } from './request.ts'
import { concludeSubmission, type Try } from './submission.ts'
import type { BudgetedEndpoint, DatabricksClient, Job, Observer, Run, RunOutput, RunPage } from './types.ts'

/** An output is up to 5 MB of notebook result and 5 MB of logs, either of which JSON escapes may blow up. */
const OUTPUT_MAX_BYTES = 64 * 2 ** 20
const JOBS_PER_PAGE = 100

export interface ClientDeps extends Route {
  /** URL of the workspace; only its origin counts. */
  host: string
  /** On a host of several workspaces, which one. */
  workspaceId?: string
  auth: AuthSettings
  clock: Clock
  /** Of the gateway, for the User-Agent. */
  version: string
  /** From 0 up to but not 1; spreads retries. */
  random?: () => number
  budget: Rates
  /** Left out: the whole budget is this process's. */
  share?: Share
  observer?: Observer
  /** Stands around every request by itself. */
  wrapSend?: ((send: Send) => Send) | undefined
}

type Answer = Record<string, unknown>
type Paged<T> = T & { next_page_token?: string; has_more?: boolean }

/** Speaks Jobs API 2.2 with one workspace. */
export function createDatabricksClient(deps: ClientDeps): DatabricksClient {
  const { clock, observer, wrapSend = (send) => send, workspaceId, random = Math.random } = deps
  const host = new URL(deps.host).origin
  const headers = workspaceId === undefined ? {} : { 'x-databricks-workspace-id': workspaceId }
  const dispatcher = createDispatcher(deps)
  const health = createHealth({ clock, observer, probe })
  const userAgent = `databricks-job-gateway/${deps.version}`
  const send = wrapSend(createSend({ dispatcher, clock, observer, health, userAgent }))
  const credential = createCredential(deps.auth, { host, send, clock, observer })
  const acceptance = createAcceptance(clock, observer)
  const budgets = createBudgets(deps.budget, clock, deps.share)
  const admission = createAdmission({ budgets, health })
  const tries = { credential, acceptance, admission, budgets, send, clock, random, observer }
  const request = createRequest({ host, headers, ...tries })

  function probe(deadline: number): Promise<unknown> {
    const operation = get('jobs_list', '/api/2.2/jobs/list', { limit: 1 })
    return request({ ...operation, probe: true, read: readJobPage }, { deadline })
  }

  return {
    host,

    async runNow(body, call) {
      const failed: Try[] = []
      const operation: Operation<string> = {
        ...post('run_now', '/api/2.2/jobs/run-now', body),
        repeatable: true,
        halve: true,
        read: (answer) => id(answer['run_id']),
        onFailedTry: (error) => failed.push({ error }),
      }
      return request(operation, call).then(
        (runId) => concludeSubmission(failed, { runId }),
        (error) => concludeSubmission(failed.slice(0, -1), { error }),
      )
    },

    async getRun(runId, call) {
      const query = { run_id: runId, include_history: call.includeHistory }
      const [first, ...rest] = await readPages((page_token) =>
        request({ ...get('runs_get', '/api/2.2/jobs/runs/get', { ...query, page_token }), read: readRun }, call),
      )
      const { next_page_token, has_more, ...run } = joinPages(first, rest)
      return run
    },

    async listRuns(query, call) {
      const parameters = {
        job_id: query.jobId,
        active_only: query.activeOnly,
        completed_only: query.completedOnly,
        start_time_from: query.startTimeFrom,
        start_time_to: query.startTimeTo,
        limit: query.limit,
        page_token: query.pageToken,
        expand_tasks: query.expandTasks,
      }
      return request({ ...get('runs_list', '/api/2.2/jobs/runs/list', parameters), read: readRunPage }, call)
    },

    async getOutput(runId, call) {
      const operation = get('get_output', '/api/2.2/jobs/runs/get-output', { run_id: runId })
      return request({ ...operation, maxBytes: OUTPUT_MAX_BYTES, read: (answer): RunOutput => answer }, call)
    },

    async cancelRun(runId, call) {
      const operation = post('cancel', '/api/2.2/jobs/runs/cancel', stringifyWithIds({ run_id: runId }))
      await request({ ...operation, repeatable: true, read: (answer) => answer }, call)
    },

    async repairRun(body, call) {
      const operation = post('repair', '/api/2.2/jobs/runs/repair', body)
      const repairId = await request({ ...operation, read: (answer) => id(answer['repair_id']) }, call)
      return { repairId }
    },

    async getJob(jobId, call) {
      const [first, ...rest] = await readPages((page_token) =>
        request({ ...get('jobs_get', '/api/2.2/jobs/get', { job_id: jobId, page_token }), read: readJob }, call),
      )
      const { next_page_token, has_more, ...job } = first
      const settings = rest.map((page) => page.settings ?? {})
      return { ...job, settings: joinPages(first.settings ?? {}, settings) }
    },

    async listJobs({ name }, call) {
      const query = { name, limit: JOBS_PER_PAGE }
      const pages = await readPages((page_token) =>
        request({ ...get('jobs_list', '/api/2.2/jobs/list', { ...query, page_token }), read: readJobPage }, call),
      )
      return pages.flatMap((page) => page.jobs)
    },

    accessTokenExpiresAt: () => credential.expiresAt(),

    takeTurn: () => !health.illness() && budgets.run_now.takeNow(),

    available: (endpoint) => (health.illness() ? 0 : budgets[endpoint].available()),

    remaining: () => mapEndpoints(budgets, (budget) => budget.remaining()),

    illness: health.illness,

    credentialRefusedSince: acceptance.refusedSince,

    /** What is under way ends at once, as `aborted`. */
    close() {
      health.close()
      return dispatcher.destroy()
    },
  }
}

function get(endpoint: BudgetedEndpoint, path: string, query: NonNullable<Operation<unknown>['query']>) {
  return { endpoint, method: 'GET', path, query, repeatable: true } as const
}

function post(endpoint: BudgetedEndpoint, path: string, body: string) {
  return { endpoint, method: 'POST', path, body, repeatable: false } as const
}

function id(value: unknown): string | undefined {
  return typeof value === 'string' && /^\d+$/.test(value) ? value : undefined
}

function isRun(answer: object): answer is Paged<Run> {
  return 'run_id' in answer && id(answer.run_id) !== undefined
}

function isJob(answer: object): answer is Paged<Job> {
  return 'job_id' in answer && id(answer.job_id) !== undefined
}

function readRun(answer: Answer): Paged<Run> | undefined {
  return isRun(answer) ? answer : undefined
}

function readJob(answer: Answer): Paged<Job> | undefined {
  return isJob(answer) ? answer : undefined
}

/** Databricks leaves an empty list out. */
function readRunPage({ runs = [], next_page_token: token }: Answer): RunPage | undefined {
  return Array.isArray(runs) && runs.every(isRun) ? { runs, ...nextPage(token) } : undefined
}

function readJobPage({ jobs = [], next_page_token: token }: Answer): Paged<{ jobs: Job[] }> | undefined {
  return Array.isArray(jobs) && jobs.every(isJob) ? { jobs, ...nextPage(token) } : undefined
}

/** The last page has none, or an empty one. */
function nextPage(token: unknown): { next_page_token?: string } {
  return typeof token === 'string' && token !== '' ? { next_page_token: token } : {}
}
