/** The headers that may carry a client's key or a token, as Node gives them. */
export interface CredentialHeaders {
  authorization?: string | undefined
  'x-api-key'?: string | string[] | undefined
}

export interface Credential {
  /** The bytes that the caller sent, one character each: a key, or perhaps a token. */
  key: string
  scheme: 'x-api-key' | 'bearer' | 'basic'
  /** User name of Basic. */
  user?: string
}

/**
 * The one key that a request carries: as X-API-Key, as Bearer token (RFC 6750) or as password of Basic (RFC 7617).
 * `missing`: none at all; `malformed`: a header that cannot be read, or two keys that differ.
 */
export function readCredential(headers: CredentialHeaders): Credential | 'missing' | 'malformed' {
  const authorization = headers.authorization?.trim() ?? ''
  const found: (Credential | undefined)[] = [headers['x-api-key']]
    .flat()
    .map((key) => key?.trim() ?? '')
    // Schedulers send the header empty when its variable has no value.
    .filter((key) => key !== '')
    .map((key) => ({ key, scheme: 'x-api-key' }))
  if (authorization !== '') found.unshift(readAuthorization(authorization))

  const [first, ...others] = found
  if (found.length === 0) return 'missing'
  if (!first || others.some((other) => other?.key !== first.key)) return 'malformed'
  return first
}

function readAuthorization(value: string): Credential | undefined {
  const [, scheme, token] = /^([A-Za-z]+) +([A-Za-z0-9._~+/-]+=*)$/.exec(value) ?? []
  if (token === undefined) return undefined
  switch (scheme?.toLowerCase()) {
    case 'bearer':
      return { key: token, scheme: 'bearer' }
    case 'basic':
      return readBasic(Buffer.from(token, 'base64').toString('latin1'))
    default:
      return undefined
  }
}

function readBasic(text: string): Credential | undefined {
  const colon = text.indexOf(':')
  const key = text.slice(colon + 1)
  return colon < 0 || key === '' ? undefined : { user: text.slice(0, colon), key, scheme: 'basic' }
}
