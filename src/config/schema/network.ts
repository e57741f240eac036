import { type Static, Type } from '@sinclair/typebox'
import { closed } from './names.ts'
import { SecretRefSchema } from './secret-ref.ts'

export const ProxySchema = closed(
  {
    url: Type.String({ minLength: 1, description: 'http or https address of the proxy, without user and password.' }),
    user: Type.Optional(Type.String({ minLength: 1, description: 'User name for the proxy (HTTP Basic).' })),
    password: Type.Optional(SecretRefSchema),
  },
  { description: 'HTTP proxy on the way there; left out: HTTPS_PROXY and NO_PROXY of the environment.' },
)

export type ProxyConfig = Static<typeof ProxySchema>

export const CaSchema = closed(
  { file: Type.String({ minLength: 1, description: 'PEM file with the certificates to trust as well.' }) },
  { description: 'Private certificate authority of the server or of a proxy that opens TLS.' },
)

export type CaConfig = Static<typeof CaSchema>
