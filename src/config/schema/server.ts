import { type Static, Type } from '@sinclair/typebox'
import { OverloadSchema, StrangerLimitsSchema } from './limits.ts'
import { closed } from './names.ts'
import { SecretRefSchema } from './secret-ref.ts'

/** Of a key that signs: as many as its signatures have. */
export const SIGNING_KEY_BYTES = 32

export const ServerSchema = closed(
  {
    instance: Type.String({
      default: 'local',
      pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$',
      patternErrorMessage: '1 to 63 characters of A-Z a-z 0-9 . _ - starting with a letter or digit',
      description:
        'Name of this installation; part of every idempotency token, so two installations on one workspace never ' +
        'share one. Required as soon as a workspace is not on loopback.',
    }),
    host: Type.String({ default: '0.0.0.0', minLength: 1, description: 'Address to listen on.' }),
    port: Type.Integer({ default: 8080, minimum: 0, maximum: 65_535, description: 'Port to listen on; 0 takes any.' }),
    public_url: Type.Optional(
      Type.String({
        description:
          'How callers reach the gateway, for absolute links (Location, run pages of the gateway). ' +
          'Required when a client has profile azure.',
      }),
    ),
    contact: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'Whom to ask; named in errors.' })),
    max_wait_seconds: Type.Integer({
      default: 45,
      minimum: 0,
      maximum: 3600,
      description: 'Longest time that a call may ask to wait for the end of a run.',
    }),
    drain_seconds: Type.Number({
      default: 10,
      minimum: 0,
      maximum: 3600,
      description: 'After SIGTERM: how long everything is still served while /readyz already answers 503.',
    }),
    metrics_port: Type.Union([Type.Integer({ minimum: 0, maximum: 65_535 }), Type.Null()], {
      default: 9090,
      description: 'Port with /metrics open to all; null: only on the main port, with permission metrics. 0 takes any.',
    }),
    trigger_timeout_seconds: Type.Number({
      default: 8,
      minimum: 0.1,
      maximum: 120,
      description: 'A trigger without a clear answer from Databricks answers SUBMITTING after this time.',
    }),
    tls: Type.Optional(
      closed(
        {
          certificate: closed(
            {
              file: Type.String({
                minLength: 1,
                description: "PEM file with the gateway's certificate, then those between it and the root.",
              }),
            },
            { description: 'Certificate of the gateway.' },
          ),
          key: closed(
            { file: Type.String({ minLength: 1, description: 'PEM file with its private key, not encrypted.' }) },
            { description: 'Private key of the certificate.' },
          ),
        },
        {
          description:
            'HTTPS (TLS 1.2 and up) on server.port; left out: http, where TLS ends in front of the gateway. The files are ' +
            'read again when they change. The port for metrics stays http.',
        },
      ),
    ),
    signing_keys: Type.Array(SecretRefSchema, {
      default: [],
      maxItems: 2,
      uniqueItems: true,
      description:
        `Where the secrets are that sign Location (signed_location), ${SIGNING_KEY_BYTES} bytes at least, made by ` +
        '`openssl rand -base64 32`. The first one signs, both are believed. The same for all replicas.',
    }),
    limits: StrangerLimitsSchema,
    overload: OverloadSchema,
    trusted_proxies: Type.Array(Type.String(), {
      default: [],
      description: 'Addresses or CIDR ranges whose X-Forwarded-* headers are believed.',
    }),
  },
  { default: {}, description: 'The HTTP side of the gateway.' },
)

export type TlsConfig = NonNullable<Static<typeof ServerSchema>['tls']>
