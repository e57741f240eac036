import { quote } from './describe.ts'

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** Whether nobody can listen on the way there, nor change what is said. */
export function isPrivateWay(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname))
}

interface Host {
  origin: string
  loopback: boolean
  workspaceId: string | undefined
}

/**
 * The origin of a workspace's address, and which workspace of that host the `?o=` or `?w=` of a browser names, or what is
 * wrong with it. A bare host name means https, as in Databricks' own tools.
 */
export function parseHost(text: string, allowHttp: boolean): Host | { problem: string } {
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`)
  if (!url) return { problem: `must be an https address, but is ${quote(text)}` }
  if (url.username !== '' || url.password !== '') {
    return { problem: 'holds a user name or password; take it out, credentials stand under auth' }
  }
  if (!['https:', 'http:'].includes(url.protocol)) {
    return { problem: `must be an https address, but is ${quote(text)}` }
  }
  if (url.pathname !== '/') return { problem: `must be an address without a path; write ${url.origin}` }
  const loopback = LOOPBACK.test(url.hostname)
  if (url.protocol === 'http:' && !loopback && !allowHttp) {
    return { problem: `is plain http, so the credential would travel in the clear; write https://${url.host}` }
  }
  const ids = ['w', 'o', 'workspace_id'].map((name) => url.searchParams.get(name) ?? '')
  return { origin: url.origin, loopback, workspaceId: ids.find((id) => /^[\w-]{1,64}$/.test(id)) }
}
