import { quote } from '../describe.ts'
import { isPrivateWay } from '../host.ts'
import type { Finding, Path } from '../problem.ts'
import type { IssuerConfig } from '../schema/issuers.ts'
import { findFailed, type Rule } from './context.ts'
import { checkProxy } from './proxy.ts'
import { checkFile } from './references.ts'

export const checkIssuers: Rule = ({ config, env }) => {
  const owners = new Map<string, string>()
  return Object.entries(config.issuers).flatMap(([name, issuer]) => {
    const path = ['issuers', name]
    const owner = owners.get(issuer.issuer)
    if (owner === undefined) owners.set(issuer.issuer, name)
    return [
      ...findFailed([
        [
          owner !== undefined,
          [...path, 'issuer'],
          `is that of issuer ${owner} too; write all its audiences into one of the two`,
        ],
      ]),
      ...checkAddress(issuer, path),
      ...(issuer.proxy ? checkProxy(issuer.proxy, [...path, 'proxy'], env) : []),
      ...(issuer.ca ? checkFile(issuer.ca.file, [...path, 'ca', 'file']) : []),
    ]
  })
}

/** Whoever could change the keys on their way could make any token. */
function checkAddress({ issuer, jwks_url }: IssuerConfig, path: Path): Finding[] {
  const text = jwks_url ?? issuer
  const url = URL.parse(text)
  const at = [...path, jwks_url === undefined ? 'issuer' : 'jwks_url']
  const cure = jwks_url === undefined ? ', or write where its keys are as jwks_url' : ''
  if (url && (url.username !== '' || url.password !== '')) {
    return [{ path: at, message: 'holds a user name or password; take it out' }]
  }
  if (!url || !/^https?:$/.test(url.protocol)) {
    return [{ path: at, message: `must be an https address${cure}, but is ${quote(text)}` }]
  }
  return findFailed([
    [!isPrivateWay(url), at, `is plain http, so the keys could be changed on their way; write https://${url.host}`],
    [
      jwks_url === undefined && (url.search !== '' || url.hash !== ''),
      at,
      'must be an address without ? and #; as the tokens say it in iss',
    ],
  ])
}
