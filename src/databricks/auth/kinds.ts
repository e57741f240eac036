import type { Clock } from '../../clock.ts'
import type { Send } from '../exchange.ts'
import type { Observer } from '../types.ts'
import { type AzureClientSecretSettings, createAzureClientSecret } from './azure-client-secret.ts'
import { type AzureWorkloadIdentitySettings, createAzureWorkloadIdentity } from './azure-workload-identity.ts'
import type { Credential, Grant } from './credential.ts'
import { createOauthM2m, type OauthM2mSettings } from './oauth-m2m.ts'
import { createOidcFederation, type OidcFederationSettings } from './oidc-federation.ts'
import { createPat, type PatSettings } from './pat.ts'
import { createTokenCache } from './token-cache.ts'

interface Kinds {
  'oauth-m2m': OauthM2mSettings
  pat: PatSettings
  'azure-client-secret': AzureClientSecretSettings
  'oidc-federation': OidcFederationSettings
  'azure-workload-identity': AzureWorkloadIdentitySettings
}

export type AuthSettings = { [Kind in keyof Kinds]: { type: Kind } & Kinds[Kind] }[keyof Kinds]

interface AuthDeps {
  /** Origin of the workspace. */
  host: string
  send: Send
  clock: Clock
  observer?: Observer | undefined
}

const kinds: { [Kind in keyof Kinds]: (settings: Kinds[Kind], deps: AuthDeps) => Credential } = {
  'oauth-m2m': (settings, deps) => cache(createOauthM2m(settings, deps), deps),
  pat: (settings, { clock }) => createPat(settings, clock),
  'azure-client-secret': (settings, deps) => cache(createAzureClientSecret(settings, deps), deps),
  'oidc-federation': (settings, deps) => cache(createOidcFederation(settings, deps), deps),
  'azure-workload-identity': (settings, deps) => cache(createAzureWorkloadIdentity(settings, deps), deps),
}

export function createCredential<Kind extends keyof Kinds>(
  settings: { type: Kind } & Kinds[Kind],
  deps: AuthDeps,
): Credential {
  return kinds[settings.type](settings, deps)
}

function cache(fetch: () => Promise<Grant>, { clock, observer }: AuthDeps): Credential {
  return createTokenCache({ fetch, clock, observer })
}
