import type { Finding, Path } from '../problem.ts'
import type { ProxyConfig } from '../schema/network.ts'
import { findFailed } from './context.ts'
import { checkSecret } from './references.ts'

export function checkProxy({ url: text, user, password }: ProxyConfig, path: Path, env: NodeJS.ProcessEnv): Finding[] {
  const url = URL.parse(text)
  return [
    ...findFailed([
      [
        !url || !/^https?:$/.test(url.protocol),
        [...path, 'url'],
        'must be an http or https address, such as http://web-proxy.example.com:3128',
      ],
      [
        url !== null && (url.username !== '' || url.password !== ''),
        [...path, 'url'],
        'holds a user name or password; write them beside it, as user: NAME and password: {env: NAME} or {file: PATH}',
      ],
      [password !== undefined && user === undefined, [...path, 'user'], 'is missing: whose password that is'],
    ]),
    ...(password ? checkSecret(password, [...path, 'password'], env) : []),
  ]
}
