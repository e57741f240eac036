import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { text } from 'node:stream/consumers'
import { TLSSocket } from 'node:tls'
import type { Clock } from '../clock.ts'
import type { Call, CallLog } from './calls.ts'
import { type Incoming, json, type Reply } from './dispatch.ts'
import { type Fault, type Faults, replacesReply } from './faults.ts'
import type { Options } from './options.ts'

/** Paths below this one control the workspace; they are neither logged nor hit by faults. */
export const CONTROL = '/__simulator'

/** Private key and certificate as PEM. */
export interface Tls {
  readonly key: string
  readonly cert: string
}

interface Dependencies {
  readonly tls: Tls | undefined
  readonly clock: Clock
  readonly now: () => number
  readonly options: Options
  readonly calls: CallLog
  readonly faults: Faults
  readonly dispatch: (incoming: Incoming) => Reply | Promise<Reply>
  readonly control: (incoming: Incoming) => Promise<Reply>
}

/** node:http and no framework: faults need the bare socket, to cut it before, after and in the middle of a reply. */
export function createHttpServer({ tls, clock, now, options, calls, faults, dispatch, control }: Dependencies): Server {
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const incoming = await read(request)
    const { method, path, query, body } = incoming
    if (path === CONTROL || path.startsWith(`${CONTROL}/`)) return send(response, await control(incoming))
    const call = calls.record({ time: now(), method, path, query: query.toString(), body })
    const fault = faults.take(method, path)
    const acts = !fault || fault.when === 'after' || !(fault.drop || replacesReply(fault))
    const own = acts ? await dispatch(incoming) : undefined
    const wait = options.latency_ms + (fault?.delay_ms ?? 0)
    if (wait > 0) await clock.sleep(wait)
    answer(response, call, own, fault)
  }

  const listen = (request: IncomingMessage, response: ServerResponse) => {
    serve(request, response).catch((error) => {
      // A client that went away in the middle of its request is nobody's failure.
      if (request.destroyed || response.headersSent) response.destroy()
      else send(response, json(500, { error_code: 'INTERNAL_ERROR', message: `${error}` }))
    })
  }
  const server = tls ? createTlsServer(tls, listen) : createServer(listen)
  // Longer than any client's pool keeps a connection, so that the client is the one who closes.
  server.keepAliveTimeout = 60_000
  return server
}

function answer(response: ServerResponse, call: Call, own: Reply | undefined, fault: Fault | undefined): void {
  if (fault?.drop) {
    call.status = 0
    response.destroy()
    return
  }
  const reply = fault && (replacesReply(fault) || !own) ? replacement(fault) : own
  if (!reply) return
  call.status = reply.status
  if (fault?.half) sendHalf(response, reply)
  else send(response, reply)
}

function send(response: ServerResponse, { status, headers, body }: Reply): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body)
}

/** Promises the whole body, sends half of it, and cuts the connection once that is out. */
function sendHalf(response: ServerResponse, { status, headers, body }: Reply): void {
  const bytes = Buffer.from(body)
  response.writeHead(status, { ...headers, 'content-length': bytes.length })
  response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy())
}

function replacement({ status = 200, headers = {}, body }: Fault): Reply {
  if (body === undefined && status >= 400) {
    return json(status, { error_code: 'INJECTED', message: `Injected fault with status ${status}` }, headers)
  }
  if (typeof body !== 'string') return json(status, body ?? {}, headers)
  const type = body.trimStart().startsWith('<') ? 'text/html; charset=utf-8' : 'text/plain; charset=utf-8'
  return { status, headers: { 'content-type': type, ...headers }, body }
}

async function read(request: IncomingMessage): Promise<Incoming> {
  const [path = '/', search = ''] = (request.url ?? '/').split('?', 2)
  const { headers } = request
  const scheme = request.socket instanceof TLSSocket ? 'https' : 'http'
  const body = await text(request)
  const query = new URLSearchParams(search)
  return {
    method: request.method ?? 'GET',
    path,
    query,
    body,
    headers,
    host: `${scheme}://${headers.host ?? 'localhost'}`,
  }
}
