import { systemClock } from '../../src/clock.ts'
import { createDatabricksClient } from '../../src/databricks/client.ts'
import type { Send } from '../../src/databricks/exchange.ts'
import { parseWithIds, stringifyWithIds } from '../../src/databricks/json.ts'
import type { DatabricksClient, Observer } from '../../src/databricks/types.ts'
import { readRoute } from '../../src/route.ts'
import { createWorkspaces } from '../../src/workspaces.ts'
import type { Settings } from './settings.ts'

export interface SubjectSettings extends Settings {
  /** Between two looks at a run. */
  pollMs: number
}

/** What the workspace answered, whatever it was; ids in `body` are decimal strings. */
export interface Reply {
  status: number
  body: Record<string, unknown>
  text: string
}

/** A workspace, and the one job in it that may be started. */
export interface Subject {
  host: string
  jobId: string
  pollMs: number
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
const UNOBSERVED: Observer = { request() {}, retry() {}, tokenRefresh() {}, up() {}, credentialRefused() {} }

export function openSubject({ workspace, env, jobId, pollMs }: SubjectSettings): Subject {
  const { host, budget } = workspace
  const onSecret = () => {}
  const common = { env, clock: systemClock, version: 'live-test', onSecret }
  /** How the client asks, and with which headers it did so last: what it does not ask is asked in the same way. */
  let asked: { send: Send; headers: Record<string, string> } | undefined
  const wrapSend =
    () =>
    (send: Send): Send =>
    (endpoint, request) => {
      if (endpoint !== 'token') asked = { send, headers: request.headers ?? {} }
      return send(endpoint, request)
    }
  const workspaces = createWorkspaces({
    ...common,
    workspaces: { live: workspace },
    observerOf: () => UNOBSERVED,
    shareOf: () => 1,
    wrapSend,
  })
  const client = workspaces.clientOf('live')
  const stranger = createDatabricksClient({
    ...common,
    host,
    budget,
    auth: { type: 'pat', token: () => 'a-token-that-nobody-issued' },
    ...readRoute(workspace, common),
  })

  async function ask(method: 'GET' | 'POST', url: URL, body?: string): Promise<Reply> {
    // Has an access token that is good for a while.
    await client.getJob(jobId, { deadline: systemClock.now() + REQUEST_MS })
    if (!asked) throw new Error('the client has asked nothing')
    const { status, text } = await asked.send(method === 'GET' ? 'runs_get' : 'run_now', {
      method,
      url,
      headers: { ...asked.headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body }),
      maxBytes: MAX_BYTES,
      timeoutMs: REQUEST_MS,
    })
    return { status, text, body: parse(text) }
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
      await Promise.all([workspaces.close(), stranger.close()])
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
