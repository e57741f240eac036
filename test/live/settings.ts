import type { SubjectSettings } from './subject.ts'

const POLL_MS = 5_000

/** The workspace by Databricks' own variables, and the job that may be started; `missing`: why nothing is run. */
export function readSettings(env: NodeJS.ProcessEnv): SubjectSettings | { missing: string } {
  const host = env['DATABRICKS_HOST']
  const id = env['DATABRICKS_CLIENT_ID']
  const secret = env['DATABRICKS_CLIENT_SECRET']
  const token = env['DATABRICKS_TOKEN']
  const jobId = env['LIVE_JOB_ID']
  if (!jobId) return { missing: 'LIVE_JOB_ID names no job that may be started, a harmless one' }
  if (!/^\d+$/.test(jobId)) return { missing: `LIVE_JOB_ID is the decimal id of a job, not ${JSON.stringify(jobId)}` }
  if (!host) return { missing: 'DATABRICKS_HOST names no workspace' }
  const origin = URL.parse(/^https?:\/\//.test(host) ? host : `https://${host}`)?.origin
  if (!origin) return { missing: `DATABRICKS_HOST is no address: ${JSON.stringify(host)}` }
  const common = { host: origin, jobId, pollMs: POLL_MS, env }
  if (id && secret) return { ...common, auth: { type: 'oauth-m2m', client_id: id, client_secret: () => secret } }
  if (token) return { ...common, auth: { type: 'pat', token: () => token } }
  return { missing: 'no credential: DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET, or DATABRICKS_TOKEN' }
}
