import type { Clock } from '../clock.ts'
import type { JobConfig } from '../config/schema/jobs.ts'
import type { DatabricksClient } from '../databricks/types.ts'
import { GatewayError } from './errors.ts'

export interface CatalogueDeps {
  jobs: Record<string, JobConfig>
  clientOf: (workspace: string) => DatabricksClient
  clock: Clock
}

/** The jobs that the gateway may start. */
export interface Catalogue {
  names(): string[]
  get(name: string): JobConfig | undefined
  /**
   * The Databricks id of a job. A job known by name is looked up when first needed and kept; after ten minutes it is
   * looked up again, and the id known so far serves while Databricks does not answer.
   * @throws GatewayError databricks-job-missing, databricks-unavailable
   */
  databricksJobId(name: string, deadline: number): Promise<string>
}

const RECHECK_MS = 10 * 60_000

export function createCatalogue({ jobs, clientOf, clock }: CatalogueDeps): Catalogue {
  const resolved = new Map<string, { id: string; at: number }>()

  async function lookUp(jobName: string, workspace: string, deadline: number): Promise<string> {
    const found = await clientOf(workspace).listJobs({ name: jobName }, { deadline })
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

  return {
    names: () => Object.keys(jobs),
    get: (name) => (Object.hasOwn(jobs, name) ? jobs[name] : undefined),

    async databricksJobId(name, deadline) {
      const job = jobs[name]
      if (!job) throw new Error(`no job ${name}`)
      if (job.job_id !== undefined) return job.job_id
      const known = resolved.get(name)
      if (known && clock.now() - known.at < RECHECK_MS) return known.id
      try {
        const id = await lookUp(job.job_name ?? '', job.workspace, deadline)
        resolved.set(name, { id, at: clock.now() })
        return id
      } catch (error) {
        if (error instanceof GatewayError) throw error
        if (known) return known.id
        throw new GatewayError(
          'databricks-unavailable',
          `Databricks cannot be asked now which job "${job.job_name}" is; nothing was started.`,
          {
            cause: error,
            retryAfterSeconds: 5,
          },
        )
      }
    },
  }
}
