import { isRealDate } from '../dates.ts'
import { parseHost } from '../host.ts'
import type { Finding, Path } from '../problem.ts'
import { type AuthConfig, SECRET_KEYS, secretOf } from '../schema/auth.ts'
import type { WorkspaceConfig } from '../schema/workspaces.ts'
import { findFailed, type Rule } from './context.ts'
import { checkProxy } from './proxy.ts'
import { checkFile, checkSecret } from './references.ts'

export const checkWorkspaces: Rule = ({ config, env }) =>
  Object.entries(config.workspaces).flatMap(([name, workspace]) => {
    const path = ['workspaces', name]
    const host = parseHost(workspace.host, workspace.allow_http)
    return [
      ...('problem' in host ? [{ path: [...path, 'host'], message: host.problem }] : []),
      ...checkAuth(workspace, [...path, 'auth'], env),
      ...(workspace.proxy ? checkProxy(workspace.proxy, [...path, 'proxy'], env) : []),
      ...(workspace.ca ? checkFile(workspace.ca.file, [...path, 'ca', 'file']) : []),
    ]
  })

function checkAuth({ auth, allow_http }: WorkspaceConfig, path: Path, env: NodeJS.ProcessEnv): Finding[] {
  return [
    ...findFailed([
      [
        'expires_on' in auth && auth.expires_on !== undefined && !isRealDate(auth.expires_on),
        [...path, 'expires_on'],
        'must be a day of the calendar, as YYYY-MM-DD',
      ],
    ]),
    ...['discovery_url', 'authority_host'].flatMap((key) => checkTokenServer(auth, key, path, allow_http)),
    ...checkSecret(secretOf(auth), [...path, SECRET_KEYS[auth.type]], env),
  ]
}

/** Secrets are shown there, so it must be as safe as the workspace. */
function checkTokenServer(auth: AuthConfig, key: string, path: Path, allowHttp: boolean): Finding[] {
  const text = Object.entries(auth).find(([name]) => name === key)?.[1]
  if (typeof text !== 'string') return []
  const url = URL.parse(text)
  const host = url ? parseHost(url.origin, allowHttp) : { problem: 'must be an https address' }
  return 'problem' in host ? [{ path: [...path, key], message: host.problem }] : []
}
