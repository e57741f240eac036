import { DatabricksError } from '../errors.ts'
import type { Grant } from './credential.ts'
import { readSecret, type Secret } from './secret.ts'
import { createTokenEndpoint, type TokenEndpointSettings } from './token-endpoint.ts'
import { requestToken, type TokenRequestDeps } from './token-request.ts'

export interface OauthM2mSettings extends TokenEndpointSettings {
  client_id: string
  client_secret: Secret
}

interface OauthM2mDeps extends TokenRequestDeps {
  /** Origin of the workspace. */
  host: string
}

const ENCODINGS = ['form', 'raw'] as const
type Encoding = (typeof ENCODINGS)[number]

/** OAuth client credentials of a service principal (RFC 6749 §4.4), as Databricks' workspaces and accounts serve them. */
export function createOauthM2m(settings: OauthM2mSettings, deps: OauthM2mDeps): () => Promise<Grant> {
  const askEndpoint = createTokenEndpoint(settings, deps)
  let encoding: Encoding = 'form'

  return async () => {
    const secret = await readSecret(settings.client_secret, 'client secret')
    const sent = (how: Encoding) => basic(settings.client_id, secret, how)
    const secrets = [secret, ...ENCODINGS.map(sent)]

    const { value, lifeMs } = await askEndpoint(async (url) => {
      const post = (how: Encoding) => {
        const form = { grant_type: 'client_credentials', scope: 'all-apis' }
        return requestToken({ url, form, headers: { authorization: `Basic ${sent(how)}` }, secrets }, deps)
      }
      try {
        return await post(encoding)
      } catch (error) {
        const other = encoding === 'form' ? 'raw' : 'form'
        const refused = error instanceof DatabricksError && error.errorCode === 'invalid_client'
        if (!refused || sent(encoding) === sent(other)) throw error
        // RFC 6749 §2.3.1 has both parts form-encoded; not every server undoes it, and not every client does it.
        const token = await post(other)
        encoding = other
        return token
      }
    })
    return { headers: { authorization: `Bearer ${value}` }, secrets: [value, ...secrets], lifeMs }
  }
}

/** The credentials of HTTP Basic (RFC 7617). */
function basic(clientId: string, secret: string, encoding: Encoding): string {
  const encode = encoding === 'form' ? formEncode : (text: string) => text
  return Buffer.from(`${encode(clientId)}:${encode(secret)}`).toString('base64')
}

function formEncode(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1)
}
