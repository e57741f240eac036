import type { Clock } from '../../clock.ts'
import type { Send } from '../exchange.ts'
import type { Observer } from '../types.ts'
import type { Credential } from './credential.ts'
import { createOauthM2m, type OauthM2mSettings } from './oauth-m2m.ts'
import { createPat, type PatSettings } from './pat.ts'
import { createTokenCache } from './token-cache.ts'

interface Kinds {
  'oauth-m2m': OauthM2mSettings
  pat: PatSettings
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
  'oauth-m2m': (settings, deps) => createTokenCache({ ...deps, fetch: createOauthM2m(settings, deps) }),
  pat: (settings, { clock }) => createPat(settings, clock),
}

export function createCredential<Kind extends keyof Kinds>(
  settings: { type: Kind } & Kinds[Kind],
  deps: AuthDeps,
): Credential {
  return kinds[settings.type](settings, deps)
}
