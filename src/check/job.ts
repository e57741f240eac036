import type { Clock } from '../clock.ts'
import type { JobConfig } from '../config/schema/jobs.ts'
import { DatabricksError } from '../databricks/errors.ts'
import type { Call, DatabricksClient, Job, Run } from '../databricks/types.ts'
import { failed, type Result, skipped, well } from './finding.ts'
import { checkConcurrency, checkTriggers } from './limits.ts'
import { checkParameters } from './parameters.ts'
import { checkQueue, checkRecentRuns } from './recent-runs.ts'
import { diagnoseRefusal, type Principal } from './refusal.ts'

export interface JobQuestion {
  name: string
  job: JobConfig
  client: Pick<DatabricksClient, 'getJob' | 'listJobs' | 'listRuns'>
  principal: Principal
  clock: Clock
  call: Call
}

const CHECK = 'definition'
const RUNS = 25

/** Looks a job of the catalogue up in Databricks, with its last runs; two or three calls. */
export async function checkJob(question: JobQuestion): Promise<Result[]> {
  const { name, job, clock } = question
  const found = await findJob(question)
  if ('problem' in found) return [found.problem]
  const { job_id, settings = {} } = found.job
  const runs = await readRuns(question, job_id)
  return [
    well(CHECK, `"${settings.name}" (${job_id})`),
    checkParameters(name, job, settings),
    checkConcurrency(name, job, settings),
    checkTriggers(settings),
    ...('problem' in runs
      ? [runs.problem]
      : [
          checkPermission(runs.runs, question.principal),
          checkQueue(runs.runs, clock.now()),
          checkRecentRuns(runs.runs),
        ]),
  ]
}

type Found<T> = T | { problem: Result }

async function findJob(question: JobQuestion): Promise<Found<{ job: Job }>> {
  const { name, job, client, call } = question
  try {
    if (job.job_id !== undefined) return { job: await client.getJob(job.job_id, call) }
    const wanted = job.job_name ?? ''
    // Databricks compares without regard to case; the gateway does not.
    const similar = await client.listJobs({ name: wanted }, call)
    const [first, ...others] = similar.filter(({ settings }) => settings?.name === wanted)
    if (!first) return { problem: describeMissingName(name, wanted, similar) }
    if (others.length > 0) return { problem: describeAmbiguity(name, wanted, [first, ...others]) }
    // A list tells no parameters.
    return { job: await client.getJob(first.job_id, call) }
  } catch (error) {
    return { problem: explain(error, question) }
  }
}

async function readRuns(question: JobQuestion, jobId: string): Promise<Found<{ runs: Run[] }>> {
  const { client, call, principal } = question
  try {
    return await client.listRuns({ jobId, limit: RUNS, expandTasks: true }, call)
  } catch (error) {
    if (!(error instanceof DatabricksError)) throw error
    return { problem: diagnoseRefusal('runs', error, principal) }
  }
}

function explain(error: unknown, { name, job, principal }: JobQuestion): Result {
  if (!(error instanceof DatabricksError)) throw error
  const who = principal.auth.type === 'pat' ? "the token's user" : `service principal ${principal.auth.client_id}`
  if (error.kind === 'missing') {
    return failed(CHECK, {
      code: 'job-missing',
      message: `the workspace has no job ${job.job_id}`,
      cure: `correct jobs.${name}.job_id or jobs.${name}.workspace; a job that is made again gets another id`,
    })
  }
  if (error.kind === 'denied') {
    return failed(CHECK, {
      code: 'job-denied',
      message: `${who} may not see the job: ${error.message}`,
      cure: `give it "Can Manage Run" on job ${job.job_id ?? `"${job.job_name}"`}`,
    })
  }
  return diagnoseRefusal(CHECK, error, principal)
}

function describeMissingName(name: string, wanted: string, similar: readonly Job[]): Result {
  const other = similar[0]?.settings?.name
  return failed(CHECK, {
    code: 'job-missing',
    message: `no job named "${wanted}" can be seen${other === undefined ? '' : `; there is "${other}"`}`,
    cure: `correct jobs.${name}.job_name, or give the gateway's principal "Can Manage Run" on that job`,
  })
}

function describeAmbiguity(name: string, wanted: string, jobs: readonly Job[]): Result {
  return failed(CHECK, {
    code: 'job-ambiguous',
    message: `${jobs.length} jobs are named "${wanted}": ${jobs.map(({ job_id }) => job_id).join(', ')}`,
    cure: `write jobs.${name}.job_id instead of job_name, or rename the others`,
  })
}

/** Databricks shows rights only to those who manage a job, so the proof is a run that was started. */
function checkPermission(runs: readonly Run[], { auth }: Principal): Result {
  const started = auth.type === 'pat' ? undefined : runs.find((run) => run.creator_user_name === auth.client_id)
  return started
    ? well('permission', `may be run, as run ${started.run_id} was`)
    : skipped('permission', 'whether it may be run shows at its first trigger; that takes "Can Manage Run"')
}
