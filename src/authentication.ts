import type { Logger } from 'pino'
import { createAuthentication } from './callers/authenticate.ts'
import type { Clock } from './clock.ts'
import { createFetchJson } from './fetch-json.ts'
import { createFetchKeys } from './fetch-keys.ts'
import type { ServerDeps } from './http/server.ts'
import type { Surroundings } from './route.ts'
import { createReadSigningKeys } from './signing-keys.ts'

/** By what callers are known: keys, tokens of issuers that are asked for their keys, and what we have signed ourselves. */
export function wireAuthentication({
  clock,
  log,
  ...surroundings
}: Surroundings & { clock: Clock; log: Logger }): Pick<ServerDeps, 'authenticationOf' | 'signingKeys'> {
  const fetchJson = createFetchJson({ ...surroundings, clock })
  return {
    authenticationOf: createAuthentication({
      createFetchKeys: (issuer) => createFetchKeys(issuer, fetchJson),
      clock,
      onTrouble: (issuer, err) => log.warn({ event: 'issuer.unavailable', issuer, err }),
    }),
    signingKeys: createReadSigningKeys({
      ...surroundings,
      onTrouble: (message) => log.warn({ event: 'signing_key.unavailable', message }),
    }),
  }
}
