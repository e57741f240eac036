import type { Grant } from './credential.ts'
import { readSecret, type Secret } from './secret.ts'
import { createTokenEndpoint, type TokenEndpointSettings } from './token-endpoint.ts'
import { requestToken, type TokenRequestDeps } from './token-request.ts'

export interface OidcFederationSettings extends TokenEndpointSettings {
  /** A JWT of an issuer that a federation policy in Databricks trusts. It is short-lived, so read for each exchange. */
  subject_token: Secret
  /** Application id of the service principal that has the policy; left out: the policy is the account's. */
  client_id?: string
}

interface OidcFederationDeps extends TokenRequestDeps {
  /** Origin of the workspace. */
  host: string
}

/** OAuth token federation: an identity provider's JWT for a Databricks token (RFC 8693). */
export function createOidcFederation(
  { subject_token, client_id, ...place }: OidcFederationSettings,
  deps: OidcFederationDeps,
): () => Promise<Grant> {
  const askEndpoint = createTokenEndpoint(place, deps)

  return async () => {
    const subjectToken = await readSecret(subject_token, 'subject token')
    const form = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: subjectToken,
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      scope: 'all-apis',
      ...(client_id === undefined ? {} : { client_id }),
    }
    const secrets = [subjectToken]
    const { value, lifeMs } = await askEndpoint((url) => requestToken({ url, form, secrets }, deps))
    return { headers: { authorization: `Bearer ${value}` }, secrets: [value, ...secrets], lifeMs }
  }
}
