import type { Config } from '../config/schema.ts'
import type { Observer } from '../databricks/types.ts'
import { REQUEST_SECONDS } from './buckets.ts'
import type { Instruments } from './instruments.ts'

/** As many failures in a row, and Databricks counts as down. */
const FAILURES_IN_A_ROW = 5

/** Answers that a caller without a valid credential does not get. */
const CREDENTIAL_TAKEN = /^(2\d\d|400|404)$/

/** Our own doing, which says nothing of Databricks. */
const NOT_ITS_FAILURE = 'aborted'

/** Counts what the clients tell of their requests, one observer per workspace. */
export function createDatabricksFacts(
  { counter, gauge, histogram }: Instruments,
  workspaces: Config['workspaces'],
): (workspace: string) => Observer {
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
  const up = gauge('databricks_up', `0 after ${FAILURES_IN_A_ROW} requests in a row without an answer or with a 5xx.`, [
    'workspace',
  ])
  const refused = gauge('databricks_credential_refused', "1 while Databricks refuses the gateway's credential.", [
    'workspace',
  ])
  const expiry = gauge(
    'databricks_secret_expiry_timestamp_seconds',
    'When the configured secret itself ends (expires_on).',
    ['workspace'],
  )

  for (const [workspace, { auth }] of Object.entries(workspaces)) {
    up.set({ workspace }, 1)
    refused.set({ workspace }, 0)
    // The day it ends: better too early than too late.
    if (auth.expires_on) expiry.set({ workspace }, Date.parse(auth.expires_on) / 1000)
  }

  return (workspace) => {
    let failures = 0
    return {
      request(endpoint, code, seconds) {
        requests.inc({ workspace, endpoint, code })
        durations.observe({ workspace, endpoint }, seconds)
        if (code === NOT_ITS_FAILURE) return
        failures = /^[1-4]\d\d$/.test(code) ? 0 : failures + 1
        up.set({ workspace }, failures < FAILURES_IN_A_ROW ? 1 : 0)
        if (endpoint !== 'token' && code === '401') refused.set({ workspace }, 1)
        else if (endpoint !== 'token' && CREDENTIAL_TAKEN.test(code)) refused.set({ workspace }, 0)
      },
      retry: (endpoint, reason) => retries.inc({ workspace, endpoint, reason }),
      tokenRefresh(result) {
        refreshes.inc({ workspace, result })
        if (result === 'refused') refused.set({ workspace }, 1)
      },
    }
  }
}
