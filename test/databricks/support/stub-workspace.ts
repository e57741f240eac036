import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Test } from 'tap'

/** Answers one request, in whatever broken way the test wants. The body was read before. */
export type Step = (response: ServerResponse, request: IncomingMessage) => void

export interface SeenCall {
  route: string
  query: Record<string, string>
  headers: IncomingHttpHeaders
  body: string
}

export interface StubWorkspace {
  url: string
  calls: SeenCall[]
  /** How often this route was called. */
  count(route: string): number
  /** The first call takes the first step, and so on; the last step stays. `route` is `METHOD /path`. */
  on(route: string, ...steps: Step[]): void
}

export const TOKEN = 'POST /oidc/v1/token'
export const RUN_NOW = 'POST /api/2.2/jobs/run-now'
export const GET_RUN = 'GET /api/2.2/jobs/runs/get'

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Step {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
}

export function html(status: number, page: string): Step {
  return (response) => void response.writeHead(status, { 'content-type': 'text/html' }).end(page)
}

export const hangUp: Step = (response) => void response.destroy()

export const never: Step = () => {}

export const halfABody: Step = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '40' })
  response.write('{"run_id": 1', () => response.destroy())
}

/** A workspace over real sockets that does what it is told, and issues tokens unless told otherwise. */
export async function startStub(test: Test): Promise<StubWorkspace> {
  const steps = new Map<string, Step[]>()
  const calls: SeenCall[] = []
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://stub')
    const route = `${request.method} ${url.pathname}`
    const body = await text(request)
    calls.push({ route, query: Object.fromEntries(url.searchParams), headers: request.headers, body })
    const rest = steps.get(route) ?? [
      json(404, { error_code: 'ENDPOINT_NOT_FOUND', message: `No API found for '${route}'` }),
    ]
    const step = rest.length > 1 ? rest.shift() : rest[0]
    step?.(response, request)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  test.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const stub: StubWorkspace = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    count: (route) => calls.filter((call) => call.route === route).length,
    on: (route, ...added) => void steps.set(route, added),
  }
  let issued = 0
  stub.on(TOKEN, (response) =>
    json(200, { access_token: `token-${++issued}`, expires_in: 3600 })(response, response.req),
  )
  return stub
}
