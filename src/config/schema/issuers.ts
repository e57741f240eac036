import { type Static, Type } from '@sinclair/typebox'
import { byName, closed, oneOf } from './names.ts'
import { CaSchema, ProxySchema } from './network.ts'

/** Of a pair of keys each: with one shared key, whoever can check a token could also make one. */
const ALGORITHMS = [
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const),
]

const IssuerSchema = closed(
  {
    issuer: Type.String({
      minLength: 1,
      description: 'What its tokens say as iss, to the letter; an https address, unless jwks_url is given.',
    }),
    audience: Type.Array(Type.String({ minLength: 1 }), {
      minItems: 1,
      uniqueItems: true,
      description: 'What its tokens say as aud when they are meant for this gateway; one of these is enough.',
    }),
    jwks_url: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'https address of its public keys (RFC 7517). Left out: what /.well-known/openid-configuration below issuer ' +
          'names. Plain http only to loopback.',
      }),
    ),
    algorithms: Type.Array(oneOf(ALGORITHMS, {}), {
      default: ['RS256'],
      minItems: 1,
      uniqueItems: true,
      description: 'How its tokens may be signed.',
    }),
    clock_tolerance_seconds: Type.Integer({
      default: 60,
      minimum: 0,
      maximum: 600,
      description: 'How far its clock and ours may differ when the times of a token are looked at.',
    }),
    proxy: Type.Optional(ProxySchema),
    ca: Type.Optional(CaSchema),
  },
  { description: 'Who makes tokens (JWT) for callers.' },
)

export type IssuerConfig = Static<typeof IssuerSchema>

export const IssuersSchema = byName(
  IssuerSchema,
  'Issuers of tokens by name, such as Entra or Okta; tokens of a client says which of their tokens are its own.',
)
