/** Read anew each time it is needed, so that a rotated secret is taken up without a restart. */
export type Secret = () => string | Promise<string>

export interface OauthM2mSettings {
  client_id: string
  client_secret: Secret
}

export interface PatSettings {
  token: Secret
}

interface Kinds {
  'oauth-m2m': OauthM2mSettings
  pat: PatSettings
}

export type AuthSettings = { [Kind in keyof Kinds]: { type: Kind } & Kinds[Kind] }[keyof Kinds]
