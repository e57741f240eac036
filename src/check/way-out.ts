import type { ProxyConfig } from '../config/schema/network.ts'
import type { WorkspaceConfig } from '../config/schema/workspaces.ts'
import { readSecret } from '../config/secrets.ts'
import { failed, type Result, well } from './finding.ts'

/** How the calls of a workspace leave this machine. */
export interface WayOut {
  /** May hold credentials; undefined: direct. */
  proxy: URL | undefined
  /** What decided it; '' when nothing had to. */
  because: string
}

/** As the client decides: the workspace's own proxy, else for https the environment's, unless NO_PROXY names the host. */
export function findWayOut(
  name: string,
  { host, proxy }: Pick<WorkspaceConfig, 'host' | 'proxy'>,
  env: NodeJS.ProcessEnv,
): WayOut | { problem: Result } {
  if (proxy) return { proxy: addCredentials(proxy, env), because: `workspaces.${name}.proxy` }
  const text = env['https_proxy'] ?? env['HTTPS_PROXY'] ?? ''
  const target = new URL(host)
  if (text === '' || target.protocol !== 'https:') return { proxy: undefined, because: '' }
  if (isExempt(target, env['no_proxy'] ?? env['NO_PROXY'] ?? '')) return { proxy: undefined, because: 'NO_PROXY' }
  const url = URL.parse(text)
  if (url && /^https?:$/.test(url.protocol) && url.hostname !== '') return { proxy: url, because: 'HTTPS_PROXY' }
  return {
    // The value itself may hold a password.
    problem: failed('route', {
      code: 'proxy-address',
      message: 'HTTPS_PROXY is not an http or https address',
      cure: 'write it with its scheme, such as http://proxy.example.com:3128',
    }),
  }
}

function addCredentials({ url: text, user, password }: ProxyConfig, env: NodeJS.ProcessEnv): URL {
  const url = new URL(text)
  url.username = encodeURIComponent(user ?? '')
  url.password = encodeURIComponent(password ? readSecret(password, env) : '')
  return url
}

export function describeWayOut({ proxy, because }: WayOut): Result {
  if (proxy) return well('route', `through the proxy ${proxy.origin} (${because})`)
  return well('route', because === '' ? 'direct' : `direct (${because} names the host)`)
}

/** As undici reads NO_PROXY: hosts between commas or spaces, with all below them; `*.` means only those below, `*` all. */
function isExempt(target: URL, noProxy: string): boolean {
  const host = withoutBrackets(target.hostname).replace(/\.$/, '')
  return noProxy.split(/[,\s]+/).some((entry) => {
    const [, name = entry, port] = /^([^:]+|\[.+\]):(\d+)$/.exec(entry) ?? []
    if (name === '' || (port !== undefined && port !== (target.port || '443'))) return false
    if (name === '*') return true
    const domain = withoutBrackets(name)
      .toLowerCase()
      .replace(/^\*?\./, '')
      .replace(/\.$/, '')
    return host.endsWith(`.${domain}`) || (!name.startsWith('*') && host === domain)
  })
}

function withoutBrackets(name: string): string {
  return name.replace(/^\[(.+)\]$/, '$1')
}
