import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK } from 'jose'
import Provider from 'oidc-provider'
import type { Test } from 'tap'
import { createSigningKey, type SigningKey } from './token-issuer.ts'

const SECRET = 'secret-of-every-client'

export interface OpenIdProvider {
  /** What its tokens say as `iss`. */
  url: string
  /** Paths that it was asked for, in order. */
  asked: string[]
  /** By client credentials (RFC 6749 §4.4), for a resource (RFC 8707), whose name is the audience. */
  fetchToken(client: string, audience: string): Promise<string>
  /** Signs with another key from now on, and publishes no other. */
  rotate(): Promise<void>
}

/** The certified OpenID provider of npm, with these clients. */
export async function startOpenIdProvider(t: Test, clients: string[]): Promise<OpenIdProvider> {
  const asked: string[] = []
  let answer: ReturnType<Provider['callback']>
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    void answer(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  async function use({ alg, kid, privateKey }: SigningKey): Promise<void> {
    const resourceIndicators = {
      enabled: true,
      getResourceServerInfo: (_context: unknown, audience: string) => ({
        ...{ audience, scope: 'jobs.trigger', accessTokenTTL: 300, accessTokenFormat: 'jwt' as const },
        jwt: { sign: { alg: 'RS256' as const } },
      }),
    }
    const provider = new Provider(url, {
      clients: clients.map((client_id) => ({
        ...{ client_id, client_secret: SECRET, grant_types: ['client_credentials'] },
        ...{ redirect_uris: [], response_types: [] },
      })),
      jwks: { keys: [{ ...(await exportJWK(privateKey)), alg, kid, use: 'sig' }] },
      ttl: { ClientCredentials: 300 },
      cookies: { keys: ['a secret for cookies'] },
      features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false }, resourceIndicators },
    })
    answer = provider.callback()
  }

  await use(await createSigningKey('first'))
  return {
    url,
    asked,
    async fetchToken(client, audience) {
      const response = await fetch(`${url}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(`${client}:${SECRET}`).toString('base64')}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'jobs.trigger', resource: audience }),
      })
      const { access_token: token } = (await response.json()) as { access_token?: string }
      if (token === undefined) throw new Error(`no token: ${response.status}`)
      return token
    },
    rotate: async () => use(await createSigningKey('second')),
  }
}
