import type { IncomingHttpHeaders } from 'node:http'
import { checkAccess } from './access.ts'
import type { Api, Handler } from './api.ts'
import { ApiError, malformed } from './errors.ts'
import { isObject } from './fields.ts'
import { jobRoutes } from './job-routes.ts'
import { parseJson } from './json.ts'
import type { OAuth } from './oauth.ts'
import type { RateLimits } from './rate-limits.ts'
import { repairRun } from './repair-run.ts'
import { runRoutes } from './run-routes.ts'

/** A request as it came in, its body read. */
export interface Incoming {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly body: string
  readonly headers: IncomingHttpHeaders
  /** The address under which the client knows the workspace. */
  readonly host: string
}

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

interface Dependencies {
  readonly api: Api
  readonly oauth: OAuth
  readonly limits: RateLimits
  /** Of the token endpoints; undefined: not one of theirs. */
  readonly answerTokens: (incoming: Incoming) => Promise<Reply> | undefined
}

/** Answers every request as the workspace does: discovery, tokens, the Jobs API, and errors for the rest. */
export function createDispatch({ api, oauth, limits, answerTokens }: Dependencies) {
  const repair: Handler = (request) => repairRun(api, request)
  const routes = new Map(Object.entries({ ...jobRoutes(api), ...runRoutes(api), 'POST jobs/runs/repair': repair }))
  const { options } = api

  const callApi = (incoming: Incoming, version: number, endpoint: string): Reply => {
    const page = checkAccess(incoming, { oauth, options })
    if (page) return page
    const handler = routes.get(`${incoming.method} ${endpoint}`)
    if (!handler) throw unknown(incoming)
    limits.take(endpoint)
    const view = {
      now: api.workspace.settle(),
      host: incoming.host,
      user: oauth.credentials.client_id,
      statusObject: options.status_object,
      renamed: options.renamed_values,
    }
    const body = incoming.method === 'POST' ? readBody(incoming.body) : {}
    return json(200, handler({ version, query: incoming.query, body, view }))
  }

  const answer = (incoming: Incoming): Reply | Promise<Reply> => {
    const [, version, endpoint] = /^\/api\/2\.([012])\/(.+)$/.exec(incoming.path) ?? []
    if (endpoint) return callApi(incoming, Number(version), endpoint)
    const reply = answerTokens(incoming)
    if (reply) return reply
    throw unknown(incoming)
  }

  return (incoming: Incoming): Reply | Promise<Reply> => {
    try {
      return answer(incoming)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      return json(error.status, { error_code: error.code, message: error.message }, error.headers)
    }
  }
}

export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }
}

function readBody(text: string): Record<string, unknown> {
  let body: unknown
  try {
    body = parseJson(text || '{}')
  } catch {
    throw malformed('Invalid JSON')
  }
  if (!isObject(body)) throw malformed('Expected object')
  return body
}

function unknown({ method, path }: Incoming): ApiError {
  return new ApiError(404, 'ENDPOINT_NOT_FOUND', `No API endpoint found for '${method} ${path}'`)
}
