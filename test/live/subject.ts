import { randomUUID } from 'node:crypto'
import { systemClock } from '../../src/clock.ts'
import { type AuthSettings, createCredential } from '../../src/databricks/auth/kinds.ts'
import { createDatabricksClient } from '../../src/databricks/client.ts'
import { createDispatcher } from '../../src/databricks/dispatcher.ts'
import { createSend } from '../../src/databricks/exchange.ts'
import { parseWithIds, stringifyWithIds } from '../../src/databricks/json.ts'
import type { DatabricksClient } from '../../src/databricks/types.ts'
import { GENEROUS_BUDGET } from '../support/generous-budget.ts'

export interface SubjectSettings {
  /** Origin of the workspace. */
  host: string
  auth: AuthSettings
  /** It may be started, and its runs canceled. */
  jobId: string
  /** Between two looks at a run. */
  pollMs: number
  /** HTTPS_PROXY and NO_PROXY count. */
  env?: NodeJS.ProcessEnv
}

/** What the workspace answered, whatever it was; ids in `body` are decimal strings. */
export interface Reply {
  status: number
  body: Record<string, unknown>
  text: string
}

/** A workspace, and the one job in it that may be started. */
export interface Subject extends Pick<SubjectSettings, 'host' | 'jobId' | 'pollMs'> {
  /** As the gateway speaks with it. */
  client: DatabricksClient
  /** The same with an access token that nobody issued. */
  stranger: DatabricksClient
  get(endpoint: string, query: Record<string, string | number | boolean>): Promise<Reply>
  post(endpoint: string, ids: Record<string, string>, fields?: object): Promise<Reply>
  close(): Promise<void>
}

const REQUEST_MS = 60_000
const MAX_BYTES = 64 * 2 ** 20

export function openSubject({ host, auth, jobId, pollMs, env = {} }: SubjectSettings): Subject {
  const clock = systemClock
  const common = { host, clock, version: 'live-test', budget: GENEROUS_BUDGET, env }
  const client = createDatabricksClient({ ...common, auth })
  const stranger = createDatabricksClient({ ...common, auth: { type: 'pat', token: () => `nobody-${randomUUID()}` } })
  const dispatcher = createDispatcher({ env })
  const health = { answered() {}, unanswered() {} }
  const send = createSend({ dispatcher, clock, health, userAgent: 'databricks-job-gateway/live-test' })
  const credential = createCredential(auth, { host, send, clock })

  async function ask(method: 'GET' | 'POST', url: URL, body?: string): Promise<Reply> {
    const { headers } = await credential.token()
    const answer = await send(method === 'GET' ? 'runs_get' : 'run_now', {
      method,
      url,
      headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body }),
      maxBytes: MAX_BYTES,
      timeoutMs: REQUEST_MS,
    })
    return { status: answer.status, text: answer.text, body: parse(answer.text) }
  }

  const urlOf = (endpoint: string) => new URL(`/api/2.2/jobs/${endpoint}`, host)
  return {
    host,
    jobId,
    pollMs,
    client,
    stranger,
    get(endpoint, query) {
      const url = urlOf(endpoint)
      for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value))
      return ask('GET', url)
    },
    post: (endpoint, ids, fields) => ask('POST', urlOf(endpoint), stringifyWithIds(ids, fields)),
    async close() {
      await Promise.all([client.close(), stranger.close(), dispatcher.destroy()])
    },
  }
}

/** {} for what is not a JSON object. */
function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = parseWithIds(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
