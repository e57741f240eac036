import { once } from 'node:events'
import { type IncomingMessage, request as requestHttp } from 'node:http'
import { type RequestOptions, request as requestHttps } from 'node:https'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls, getCACertificates, TLSSocket } from 'node:tls'
import type { Clock } from '../clock.ts'

/** What a server showed of itself. */
export interface Certificate {
  issuer: string
  /** Why it is not to be trusted, as OpenSSL's or Node's code; undefined: it is. */
  distrust: string | undefined
}

/** How far a question without any credential got on its way to a workspace. */
export type Reached =
  /** `code`: of the operating system, of TLS, or ETIMEDOUT. */
  | { kind: 'lost'; at: 'proxy' | 'host'; code: string }
  /** The proxy answered itself. */
  | { kind: 'barred'; status: number }
  | {
      kind: 'answered'
      /** undefined: plain HTTP. */
      certificate: Certificate | undefined
      status: number
      /** The beginning. */
      text: string
      location: string | undefined
      /** Their clock and ours at that time, epoch ms; undefined: they did not say. */
      clocks: { theirs: number; ours: number } | undefined
    }

interface Surroundings {
  /** Of the public document that is asked for. */
  path: string
  /** May hold credentials. */
  proxy: URL | undefined
  /** PEM. */
  ca: string | undefined
  clock: Clock
  signal: AbortSignal
}

const LIMIT_MS = 15_000

/**
 * Asks the host for a public document, on the way that the client takes. Whoever answers is let to finish, trusted or not:
 * nothing secret is told, and that way it can be said who it is.
 */
export async function reach(host: URL, { path, proxy, ca, clock, signal }: Surroundings): Promise<Reached> {
  const over = new AbortController()
  void clock.sleep(LIMIT_MS, over.signal).then(() => over.abort())
  const connection = {
    signal: AbortSignal.any([signal, over.signal]),
    ...(ca !== undefined && { ca: [...getCACertificates('default'), ca] }),
  }
  const url = new URL(path, host)
  let at: 'proxy' | 'host' = proxy ? 'proxy' : 'host'

  async function openTunnel(through: URL): Promise<Duplex | number> {
    const target = `${host.hostname}:${host.port || 443}`
    const headers = { host: target, ...proxyAuthorization(through) }
    const asked = send(new URL(through.origin), { ...connection, method: 'CONNECT', path: target, headers })
    const [{ statusCode = 0 }, socket] = (await once(asked, 'connect')) as [IncomingMessage, Duplex]
    return statusCode === 200 ? socket : statusCode
  }

  async function ask(): Promise<IncomingMessage | number> {
    const open = { ...connection, rejectUnauthorized: false, headers: { accept: 'application/json' } }
    if (!proxy) return receive(send(url, open))
    if (host.protocol === 'http:') {
      const headers = { ...open.headers, host: host.host, ...proxyAuthorization(proxy) }
      return receive(send(new URL(proxy.origin), { ...connection, path: url.href, headers }))
    }
    const socket = await openTunnel(proxy)
    if (typeof socket === 'number') return socket
    at = 'host'
    const servername = isIP(host.hostname) ? '' : host.hostname
    const createConnection = () => connectTls({ ...open, socket, host: host.hostname, servername })
    return receive(send(url, { ...open, createConnection }))
  }

  try {
    const before = clock.now()
    const answer = await ask()
    if (typeof answer === 'number') return { kind: 'barred', status: answer }
    const ours = (before + clock.now()) / 2
    const { statusCode: status = 0, headers, socket } = answer
    if (proxy && status === 407) return { kind: 'barred', status }
    const certificate = socket instanceof TLSSocket ? describeCertificate(socket) : undefined
    const theirs = Date.parse(headers.date ?? '')
    return {
      kind: 'answered',
      certificate,
      status,
      text: await readBeginning(answer),
      location: headers.location,
      clocks: Number.isNaN(theirs) ? undefined : { theirs, ours },
    }
  } catch (error) {
    return { kind: 'lost', at, code: over.signal.aborted ? 'ETIMEDOUT' : codeOf(error) }
  } finally {
    // Ends whatever is still open.
    over.abort()
  }
}

function send(url: URL, options: RequestOptions) {
  // A connection of its own: an agent would keep it, and make no use of a tunnel.
  const own = options.createConnection ? options : { ...options, agent: false }
  const request = url.protocol === 'https:' ? requestHttps(url, own) : requestHttp(url, own)
  // Later ones, of a connection that is given up, concern nobody.
  request.on('error', () => {})
  return request.end()
}

async function receive(request: ReturnType<typeof send>): Promise<IncomingMessage> {
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  return answer
}

async function readBeginning(answer: IncomingMessage): Promise<string> {
  for await (const chunk of answer) return String(chunk)
  return ''
}

function proxyAuthorization({ username, password }: URL): Record<string, string> {
  if (username === '') return {}
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` }
}

function describeCertificate(socket: TLSSocket): Certificate {
  const { CN, O } = socket.getPeerCertificate().issuer ?? {}
  const distrust = socket.authorized ? undefined : codeOf(socket.authorizationError)
  return { issuer: String(CN ?? O ?? 'nobody'), distrust }
}

/** Node types `authorizationError` as an Error; it is the code, or the error of a name that does not match. */
function codeOf(error: unknown): string {
  if (typeof error === 'string') return error
  const [first = error] = error instanceof AggregateError ? error.errors : []
  return first instanceof Error && 'code' in first ? String(first.code) : String(first)
}
