import type { Clock } from '../clock.ts'
import type { JobConfig } from '../config/schema/jobs.ts'
import type { DatabricksClient } from '../databricks/types.ts'
import { GatewayError } from './errors.ts'
import type { Attempt } from './run.ts'

export interface JobIdDeps {
  clientFor: (where: Pick<Attempt, 'workspace' | 'workspace_host'>) => DatabricksClient | undefined
  clock: Clock
}

/**
 * The Databricks id of a job. A job known by name is looked up when first needed and kept; after ten minutes it is
 * looked up again, and the id known so far serves while Databricks does not answer.
 * @throws GatewayError databricks-job-missing, databricks-unavailable
 */
export type FindJobId = (job: JobConfig, workspaceHost: string, deadline: number) => Promise<string>

const RECHECK_MS = 10 * 60_000

export function createFindJobId({ clientFor, clock }: JobIdDeps): FindJobId {
  /** By workspace and name there: what the catalogue calls the job, or another workspace of that name, is no matter. */
  const resolved = new Map<string, { id: string; at: number }>()

  async function lookUp(jobName: string, workspace: string, host: string, deadline: number): Promise<string> {
    const client = clientFor({ workspace, workspace_host: host })
    if (!client) throw new Error(`workspace ${workspace} has left the configuration`)
    const found = await client.listJobs({ name: jobName }, { deadline })
    const [job, ...others] = found.filter(({ settings }) => settings?.name === jobName)
    if (!job) {
      throw new GatewayError(
        'databricks-job-missing',
        `Workspace ${workspace} has no job named "${jobName}" that the gateway can see.`,
      )
    }
    if (others.length > 0) {
      const ids = [job, ...others].map(({ job_id }) => job_id).join(', ')
      throw new GatewayError(
        'databricks-job-missing',
        `Workspace ${workspace} has several jobs named "${jobName}" (${ids}): use job_id.`,
      )
    }
    return job.job_id
  }

  return async ({ job_id, job_name = '', workspace }, host, deadline) => {
    if (job_id !== undefined) return job_id
    const name = JSON.stringify([workspace, host, job_name])
    const known = resolved.get(name)
    if (known && clock.now() - known.at < RECHECK_MS) return known.id
    try {
      const id = await lookUp(job_name, workspace, host, deadline)
      resolved.set(name, { id, at: clock.now() })
      return id
    } catch (error) {
      if (error instanceof GatewayError) throw error
      if (known) return known.id
      throw new GatewayError(
        'databricks-unavailable',
        `Databricks cannot be asked now which job "${job_name}" is; nothing was started.`,
        {
          cause: error,
          retryAfterSeconds: 5,
        },
      )
    }
  }
}
