import { getCACertificates } from 'node:tls'
import { type Dispatcher, EnvHttpProxyAgent, Pool, ProxyAgent } from 'undici'

const CONNECTIONS = 64
const CONNECT_TIMEOUT_MS = 10_000
/** Longer than a watcher's pause, shorter than the idle limits of the load balancers in front of a workspace. */
const KEEP_ALIVE_MS = 30_000

export interface Route {
  /** For every call; else `HTTPS_PROXY` and `NO_PROXY` of `env` decide. */
  proxy?: Proxy
  /** Private roots as PEM, trusted besides the usual ones. */
  ca?: string
  env?: Record<string, string | undefined>
}

export interface Proxy {
  url: string
  /** User and password, asked for at each connection, so that a new password needs no restart. Throws when there is none. */
  credentials?: () => { user: string; password: string }
}

/** One pool of connections per origin: the workspace, and a token endpoint that lives elsewhere. */
export function createDispatcher({ proxy, ca, env = {} }: Route): Dispatcher {
  const tls = ca === undefined ? {} : { ca: [...getCACertificates('default'), ca] }
  // HTTP/1.1 only: there a request belongs to one connection and is never moved to another behind our back.
  const connect = { ...tls, allowH2: false, timeout: CONNECT_TIMEOUT_MS }
  const options = {
    connections: CONNECTIONS,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // Each try has its own time limit.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect,
    requestTls: connect,
    proxyTls: connect,
    // A proxy that never answers CONNECT must not hold its connections for longer than a dead host would.
    clientFactory: (origin: URL, proxyOptions: object) =>
      new Pool(origin, { ...proxyOptions, headersTimeout: CONNECT_TIMEOUT_MS }),
  }
  if (proxy) {
    const { url: uri, credentials } = proxy
    if (!credentials) return new ProxyAgent({ ...options, uri })
    const clientFactory = (origin: URL, proxyOptions: object) =>
      options.clientFactory(origin, proxyOptions).compose(authorize(credentials))
    // Everything by CONNECT, because only that passes through the factory's client.
    return new ProxyAgent({ ...options, uri, clientFactory, proxyTunnel: true })
  }
  return new EnvHttpProxyAgent({
    ...options,
    // Empty strings, because undici reads the process environment for whatever is left out.
    httpProxy: '',
    httpsProxy: env['https_proxy'] ?? env['HTTPS_PROXY'] ?? '',
    noProxy: env['no_proxy'] ?? env['NO_PROXY'] ?? '',
  })
}

function authorize(credentials: NonNullable<Proxy['credentials']>): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    const { user, password } = credentials()
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
    return dispatch({ ...options, headers: { ...options.headers, 'proxy-authorization': authorization } }, handler)
  }
}
