import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import type { Test } from 'tap'

export interface SigningKey {
  alg: string
  kid: string
  privateKey: CryptoKey
  /** As the issuer publishes it. */
  jwk: JWK
}

/** An identity provider, as far as a gateway sees it: a discovery document, public keys, and tokens. */
export interface TokenIssuer {
  /** What its tokens say as `iss`. */
  url: string
  port: number
  /** What it publishes; the first one signs. */
  keys: SigningKey[]
  /** Paths that it was asked for, in order. */
  asked: string[]
  /** Answers instead of it, until undefined. */
  trouble: RequestListener | undefined
  /** A token that is good for five minutes, unless the claims say otherwise. */
  sign(claims?: Claims, settings?: { header?: Record<string, unknown>; key?: SigningKey }): Promise<string>
}

/** Those that are undefined are left out. */
export type Claims = Record<string, unknown>

export interface IssuerSettings {
  /** Epoch ms; of the issuer's clock. */
  now?: () => number
  tls?: { key: string; cert: string }
  /** As callers reach it, when that is another address than its own. */
  origin?: string
  /** Of all issuers on this address, this one's. */
  path?: string
  alg?: string
}

export const DISCOVERY = '/.well-known/openid-configuration'
export const JWKS = '/keys'
const LIFE_SECONDS = 300

export async function createSigningKey(kid: string, alg = 'RS256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { alg, kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } }
}

export async function startIssuer(t: Test, settings: IssuerSettings = {}): Promise<TokenIssuer> {
  const { now = Date.now, tls, path = '', alg } = settings
  const answer: RequestListener = (request, response) => {
    issuer.asked.push(request.url ?? '')
    if (issuer.trouble) return void issuer.trouble(request, response)
    const documents: Record<string, object> = {
      [path.replace(/\/$/, '') + DISCOVERY]: { issuer: issuer.url, jwks_uri: new URL(JWKS, issuer.url).href },
      [JWKS]: { keys: issuer.keys.map(({ jwk }) => jwk) },
    }
    const document = documents[request.url ?? '']
    response.writeHead(document ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(document ?? {}))
  }
  const server = tls ? createTlsServer(tls, answer) : createServer(answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const issuer: TokenIssuer = {
    url: (settings.origin ?? `${tls ? 'https' : 'http'}://127.0.0.1:${port}`) + path,
    port,
    keys: [await createSigningKey('first', alg)],
    asked: [],
    trouble: undefined,
    async sign(claims = {}, { header = {}, key = issuer.keys[0] } = {}) {
      if (!key) throw new Error('the issuer has no key')
      const seconds = Math.floor(now() / 1000)
      const own = { iss: issuer.url, iat: seconds, nbf: seconds, exp: seconds + LIFE_SECONDS }
      const payload = JSON.parse(JSON.stringify({ ...own, ...claims }))
      const { alg, kid, privateKey } = key
      return new SignJWT(payload).setProtectedHeader({ alg, kid, typ: 'JWT', ...header }).sign(privateKey)
    },
  }
  return issuer
}
