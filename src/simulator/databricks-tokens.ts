import type { Distrust, Issuer } from './issuer.ts'
import type { OAuth } from './oauth.ts'
import type { Options } from './options.ts'

export interface TokenReply {
  readonly status: number
  readonly body: object
}

interface Dependencies {
  readonly oauth: OAuth
  readonly issuer: Issuer
  readonly options: Options
}

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const JWT = 'urn:ietf:params:oauth:token-type:jwt'

/** Databricks' token endpoint: client credentials (RFC 6749 §4.4) and token exchange (RFC 8693). */
export function createDatabricksTokens({ oauth, issuer, options }: Dependencies) {
  const { credentials } = oauth

  const issue = (): TokenReply => {
    const { token, life } = oauth.issue('databricks')
    const expires_in = options.expires_in === 'string' ? `${life}` : life
    return { status: 200, body: { access_token: token, token_type: 'Bearer', expires_in, scope: 'all-apis' } }
  }

  const exchange = async (form: URLSearchParams): Promise<TokenReply> => {
    const token = form.get('subject_token')
    const client = form.get('client_id')
    if (!token) return refuse(400, 'invalid_request', 'subject_token is missing')
    if (form.get('subject_token_type') !== JWT) {
      return refuse(400, 'invalid_request', `subject_token_type must be ${JWT}`)
    }
    if (client !== null && client !== credentials.client_id) {
      return refuse(401, 'invalid_client', 'Client authentication failed')
    }
    const { audiences, policy_of } = options.federation
    if ((policy_of === 'account') !== (client === null)) {
      return refuse(
        400,
        'invalid_request',
        `There is no federation policy of the ${client === null ? 'account' : 'service principal'}`,
      )
    }
    const distrust = await issuer.distrust(token, audiences)
    // RFC 8693 §2.2.2 has this code for every subject token that is not acceptable.
    return distrust ? refuse(400, 'invalid_request', DISTRUST[distrust]) : issue()
  }

  return async (authorization: string | undefined, form: URLSearchParams): Promise<TokenReply> => {
    const grant = form.get('grant_type')
    if (grant === EXCHANGE) {
      return form.get('scope') === 'all-apis' ? exchange(form) : refuseScope()
    }
    if (!knows(oauth, authorization)) return refuse(401, 'invalid_client', 'Client authentication failed')
    if (grant !== 'client_credentials') {
      return refuse(400, 'unsupported_grant_type', `grant_type must be client_credentials or ${EXCHANGE}`)
    }
    return form.get('scope') === 'all-apis' ? issue() : refuseScope()
  }
}

const DISTRUST: Record<Distrust, string> = {
  malformed: 'The subject token is not a JWT that can be read',
  signature: 'The signature of the subject token does not fit the issuer',
  issuer: 'No federation policy is for the issuer of the subject token',
  subject: 'No federation policy is for the subject of the subject token',
  audience: 'No federation policy is for the audience of the subject token',
  expired: 'The subject token has expired',
}

function refuse(status: number, error: string, error_description: string): TokenReply {
  return { status, body: { error, error_description } }
}

function refuseScope(): TokenReply {
  return refuse(400, 'invalid_scope', 'scope must be all-apis')
}

/** Some SDKs encode id and secret as a form before base64 (RFC 6749 §2.3.1), others do not; Databricks takes both. */
function knows({ credentials }: OAuth, authorization: string | undefined): boolean {
  const { client_id, client_secret } = credentials
  const encoded = /^Basic (\S+)$/i.exec(authorization ?? '')?.[1] ?? ''
  const sent = Buffer.from(encoded, 'base64').toString()
  const formEncoded = (text: string) => new URLSearchParams({ '': text }).toString().slice(1)
  const accepted = [(text: string) => text, encodeURIComponent, formEncoded]
  return accepted.some((encode) => sent === `${encode(client_id)}:${encode(client_secret)}`)
}
