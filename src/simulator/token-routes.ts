import { createDatabricksTokens, type TokenReply } from './databricks-tokens.ts'
import { type Incoming, json, type Reply } from './dispatch.ts'
import { createEntraTokens } from './entra-tokens.ts'
import type { Issuer } from './issuer.ts'
import { type OAuth, WORKSPACE_ID } from './oauth.ts'
import type { Options } from './options.ts'

interface Dependencies {
  readonly now: () => number
  readonly oauth: OAuth
  readonly issuer: Issuer
  readonly options: Options
}

/** Discovery and token endpoints, those of Databricks by what the host is, and Entra's as if it lived here too. */
export function createTokenRoutes(dependencies: Dependencies): (incoming: Incoming) => Promise<Reply> | undefined {
  const { oauth, options } = dependencies
  const askDatabricks = createDatabricksTokens(dependencies)
  const askEntra = createEntraTokens(dependencies)

  return ({ method, path, host, headers, body }) => {
    const { account_id } = oauth.credentials
    const ofWorkspace = options.host_type === 'workspace'
    const root = ofWorkspace ? '/oidc' : `/oidc/accounts/${account_id}`
    const form = new URLSearchParams(body)
    switch (`${method} ${path}`) {
      case `POST ${root}/v1/token`:
        return send(askDatabricks(headers.authorization, form))
      case `GET ${root}/.well-known/oauth-authorization-server`:
        return send({
          status: 200,
          body: {
            authorization_endpoint: `${host}${root}/v1/authorize`,
            token_endpoint: `${host}${root}/v1/token`,
          },
        })
      case 'GET /.well-known/databricks-config':
        return send({
          status: 200,
          body: {
            oidc_endpoint: ofWorkspace ? `${host}/oidc` : `${host}/oidc/accounts/{account_id}`,
            account_id,
            host_type: options.host_type,
            ...(ofWorkspace && { workspace_id: WORKSPACE_ID }),
          },
        })
    }
    const tenant = /^\/([^/]+)\/oauth2\/token$/.exec(path)?.[1]
    return method === 'POST' && tenant ? send(askEntra(decodeURIComponent(tenant), form)) : undefined
  }
}

async function send(reply: TokenReply | Promise<TokenReply>): Promise<Reply> {
  const { status, body } = await reply
  return json(status, body)
}
