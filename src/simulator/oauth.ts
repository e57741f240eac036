import { randomUUID } from 'node:crypto'
import { type Static, Type } from '@sinclair/typebox'
import type { Options } from './options.ts'

const Credentials = Type.Object(
  {
    /** Client id and secret of the one service principal, in Databricks and in Entra. */
    client_id: Type.String({ minLength: 1 }),
    client_secret: Type.String({ minLength: 1 }),
    /** A personal access token. */
    token: Type.String({ minLength: 1 }),
    /** The Databricks account. */
    account_id: Type.String({ minLength: 1 }),
    /** The directory in Entra. */
    tenant_id: Type.String({ minLength: 1 }),
    /** Azure's id of the workspace. */
    resource_id: Type.String({ minLength: 1 }),
  },
  { additionalProperties: false },
)

export const PartialCredentials = Type.Partial(Credentials)

export type Credentials = Static<typeof Credentials>
export type PartialCredentials = Static<typeof PartialCredentials>

export const CREDENTIALS: Credentials = {
  client_id: 'simulated-client',
  client_secret: 'simulated-secret',
  token: 'dapi-simulated-token',
  account_id: 'simulated-account',
  tenant_id: 'simulated-tenant',
  resource_id: '/subscriptions/1/resourceGroups/simulated/providers/Microsoft.Databricks/workspaces/simulated',
}

/** The one workspace that there is. */
export const WORKSPACE_ID = '1'

/** What a token opens: the workspace, or Azure's management. */
export type Audience = 'databricks' | 'management'

/** The tokens that are about: of one service principal, and one personal access token. */
export interface OAuth {
  readonly credentials: Credentials
  /** A new access token and its life in seconds. */
  issue(audience: Audience): { token: string; life: number }
  /** Whether the bearer token is known and has not expired. */
  accepts(authorization: string | undefined): boolean
  /** The same for the bare token that opens Azure's management. */
  manages(token: string | undefined): boolean
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
  const issued = new Map<string, { audience: Audience; expiry: number }>()

  const forgetExpired = () => {
    for (const [token, { expiry }] of issued) if (expiry <= now()) issued.delete(token)
  }
  const isLive = (token: string, audience: Audience) => {
    const found = issued.get(token)
    return found?.audience === audience && found.expiry > now()
  }

  return {
    credentials,
    issue: (audience) => {
      forgetExpired()
      const token = randomUUID()
      const life = options.token_life_seconds
      issued.set(token, { audience, expiry: now() + life * 1_000 })
      return { token, life }
    },
    accepts: (authorization) => {
      const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1] ?? ''
      return token === credentials.token || isLive(token, 'databricks')
    },
    manages: (token) => isLive(token ?? '', 'management'),
    tokens: () => {
      forgetExpired()
      return [...issued.keys()]
    },
    revoke: () => issued.clear(),
  }
}
