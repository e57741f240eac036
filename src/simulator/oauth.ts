import { randomUUID } from 'node:crypto'
import { type Static, Type } from '@sinclair/typebox'
import type { Options } from './options.ts'

const Credentials = Type.Object(
  {
    /** Client id and secret of the one service principal. */
    client_id: Type.String({ minLength: 1 }),
    client_secret: Type.String({ minLength: 1 }),
    /** A personal access token. */
    token: Type.String({ minLength: 1 }),
  },
  { additionalProperties: false },
)

export const PartialCredentials = Type.Partial(Credentials)

export type Credentials = Static<typeof Credentials>
export type PartialCredentials = Static<typeof PartialCredentials>

/** Who may call: machine-to-machine OAuth with one service principal, and one personal access token. */
export interface OAuth {
  readonly credentials: Credentials
  /** Answers POST /oidc/v1/token: status and body. */
  issue(authorization: string | undefined, form: URLSearchParams): { status: number; body: object }
  /** Whether the bearer token is known and has not expired. */
  accepts(authorization: string | undefined): boolean
  /** The access tokens that are worth something now. */
  tokens(): string[]
  /** Makes every issued access token worthless at once. */
  revoke(): void
}

interface Dependencies {
  readonly now: () => number
  readonly options: Options
  readonly credentials: Credentials
}

export function createOAuth({ now, options, credentials }: Dependencies): OAuth {
  const expiries = new Map<string, number>()

  const forgetExpired = () => {
    for (const [token, expiry] of expiries) if (expiry <= now()) expiries.delete(token)
  }

  return {
    credentials,
    issue: (authorization, form) => {
      if (!knows(credentials, authorization)) return refuse(401, 'invalid_client', 'Client authentication failed')
      if (form.get('grant_type') !== 'client_credentials') {
        return refuse(400, 'unsupported_grant_type', 'grant_type must be client_credentials')
      }
      if (form.get('scope') !== 'all-apis') return refuse(400, 'invalid_scope', 'scope must be all-apis')
      forgetExpired()
      const token = randomUUID()
      const life = options.token_life_seconds
      expiries.set(token, now() + life * 1_000)
      const expires_in = options.expires_in === 'string' ? `${life}` : life
      return { status: 200, body: { access_token: token, token_type: 'Bearer', expires_in, scope: 'all-apis' } }
    },
    accepts: (authorization) => {
      const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1] ?? ''
      return token === credentials.token || (expiries.get(token) ?? 0) > now()
    },
    tokens: () => {
      forgetExpired()
      return [...expiries.keys()]
    },
    revoke: () => expiries.clear(),
  }
}

function refuse(status: number, error: string, error_description: string) {
  return { status, body: { error, error_description } }
}

/** Some SDKs encode id and secret as a form before base64 (RFC 6749 §2.3.1), others do not; Databricks takes both. */
function knows({ client_id, client_secret }: Credentials, authorization: string | undefined): boolean {
  const encoded = /^Basic (\S+)$/i.exec(authorization ?? '')?.[1] ?? ''
  const sent = Buffer.from(encoded, 'base64').toString()
  const formEncoded = (text: string) => new URLSearchParams({ '': text }).toString().slice(1)
  const accepted = [(text: string) => text, encodeURIComponent, formEncoded]
  return accepted.some((encode) => sent === `${encode(client_id)}:${encode(client_secret)}`)
}
