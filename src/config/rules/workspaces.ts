import { isRealDate } from '../dates.ts'
import { parseHost } from '../host.ts'
import type { Finding, Path } from '../problem.ts'
import type { AuthConfig, SecretRef, WorkspaceConfig } from '../schema/workspaces.ts'
import { findFailed, type Rule } from './context.ts'
import { checkFile, checkSecret } from './references.ts'

export const checkWorkspaces: Rule = ({ config, env }) =>
  Object.entries(config.workspaces).flatMap(([name, workspace]) => {
    const path = ['workspaces', name]
    const host = parseHost(workspace.host, workspace.allow_http)
    return [
      ...('problem' in host ? [{ path: [...path, 'host'], message: host.problem }] : []),
      ...checkAuth(workspace.auth, [...path, 'auth'], env),
      ...checkNetwork(workspace, path),
    ]
  })

function checkAuth(auth: AuthConfig, path: Path, env: NodeJS.ProcessEnv): Finding[] {
  const [key, ref]: [string, SecretRef] =
    auth.type === 'pat' ? ['token', auth.token] : ['client_secret', auth.client_secret]
  return [
    ...findFailed([
      [
        auth.expires_on !== undefined && !isRealDate(auth.expires_on),
        [...path, 'expires_on'],
        'must be a day of the calendar, as YYYY-MM-DD',
      ],
    ]),
    ...checkSecret(ref, [...path, key], env),
  ]
}

function checkNetwork({ proxy, ca }: WorkspaceConfig, path: Path): Finding[] {
  const findings: Finding[] = []
  if (proxy) {
    const url = URL.parse(proxy.url)
    const at = [...path, 'proxy', 'url']
    if (!url || !/^https?:$/.test(url.protocol)) {
      findings.push({
        path: at,
        message: 'must be an http or https address, such as http://web-proxy.example.com:3128',
      })
    } else if (url.username !== '' || url.password !== '') {
      findings.push({
        path: at,
        message: 'holds a user name or password; leave proxy out and set HTTPS_PROXY in the environment instead',
      })
    }
  }
  return ca ? [...findings, ...checkFile(ca.file, [...path, 'ca', 'file'])] : findings
}
