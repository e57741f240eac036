import { quote } from './describe.ts'

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/**
 * The origin of a workspace's address, without the `?o=` that browsers show, or what is wrong with it. A bare host name
 * means https, as in Databricks' own tools.
 */
export function parseHost(
  text: string,
  allowHttp: boolean,
): { origin: string; loopback: boolean } | { problem: string } {
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
  return { origin: url.origin, loopback }
}
