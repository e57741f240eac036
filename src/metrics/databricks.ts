import type { Config } from '../config/schema.ts'
import type { Observer } from '../databricks/types.ts'
import { REQUEST_SECONDS } from './buckets.ts'
import type { Instruments } from './instruments.ts'

/** What the clients tell of their requests, and what is known of their secrets. */
export interface DatabricksFacts {
  /** For the client of the workspace: well from now on, until it tells otherwise. */
  databricksObserver(workspace: string): Observer
  /** It has left the configuration: nobody mends what it was ill with. */
  forgetWorkspace(workspace: string): void
  /** What the configuration itself says of them. */
  showWorkspaces(): void
}

export function createDatabricksFacts(
  { counter, gauge, histogram }: Instruments,
  current: () => Pick<Config, 'workspaces'>,
): DatabricksFacts {
  const byCode: ('workspace' | 'endpoint' | 'code')[] = ['workspace', 'endpoint', 'code']
  const requests = counter('databricks_requests_total', 'Requests to Databricks, each try by itself.', byCode)
  const durations = histogram(
    'databricks_request_duration_seconds',
    'Duration of requests to Databricks, each try by itself.',
    [...REQUEST_SECONDS, 30, 60],
    ['workspace', 'endpoint'],
  )
  const retries = counter('databricks_retries_total', 'Further tries of requests to Databricks.', [
    'workspace',
    'endpoint',
    'reason',
  ])
  const refreshes = counter('databricks_token_refreshes_total', 'Access tokens asked for.', ['workspace', 'result'])
  const up = gauge(
    'databricks_up',
    '0 while Databricks does not answer, or only with 5xx: nothing is sent but probes.',
    ['workspace'],
  )
  const refused = gauge('databricks_credential_refused', "1 while Databricks refuses the gateway's credential.", [
    'workspace',
  ])
  const expiry = gauge(
    'databricks_secret_expiry_timestamp_seconds',
    'When the configured secret itself ends (expires_on).',
    ['workspace'],
  )

  /** A client that was replaced finishes what it has begun, and has no say in how the workspace is. */
  const latest = new Map<string, object>()

  return {
    databricksObserver(workspace) {
      const own = {}
      latest.set(workspace, own)
      const isLatest = () => latest.get(workspace) === own
      up.set({ workspace }, 1)
      refused.set({ workspace }, 0)
      return {
        request(endpoint, code, seconds) {
          requests.inc({ workspace, endpoint, code })
          durations.observe({ workspace, endpoint }, seconds)
        },
        retry: (endpoint, reason) => retries.inc({ workspace, endpoint, reason }),
        tokenRefresh: (result) => refreshes.inc({ workspace, result }),
        up(isUp) {
          if (isLatest()) up.set({ workspace }, isUp ? 1 : 0)
        },
        credentialRefused(isRefused) {
          if (isLatest()) refused.set({ workspace }, isRefused ? 1 : 0)
        },
      }
    },

    forgetWorkspace(workspace) {
      latest.delete(workspace)
      up.remove({ workspace })
      refused.remove({ workspace })
    },

    showWorkspaces() {
      expiry.reset()
      for (const [workspace, { auth, budget }] of Object.entries(current().workspaces)) {
        // From 0, so that the first of them is an increase.
        for (const endpoint of Object.keys(budget)) requests.inc({ workspace, endpoint, code: '429' }, 0)
        for (const result of ['ok', 'refused', 'failed']) refreshes.inc({ workspace, result }, 0)
        // The day it ends: better too early than too late.
        if ('expires_on' in auth && auth.expires_on) expiry.set({ workspace }, Date.parse(auth.expires_on) / 1000)
      }
    },
  }
}
