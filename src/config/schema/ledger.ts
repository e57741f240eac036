import { type Static, Type } from '@sinclair/typebox'
import { closed, oneOf } from './names.ts'
import { SecretRefSchema } from './secret-ref.ts'

const TlsSchema = closed(
  {
    mode: oneOf(['verify-full', 'verify-ca', 'require', 'disable'], {
      default: 'verify-full',
      description:
        "As libpq's sslmode. verify-full: the certificate must be trusted and be the host's. verify-ca: it must be " +
        'trusted. require: encrypted, whoever it is. disable: everything travels in the clear.',
    }),
    ca: Type.Optional(
      closed(
        { file: Type.String({ minLength: 1, description: 'PEM file with the certificates to trust.' }) },
        { description: "Certificate authority of the server; left out: those of Node's own list." },
      ),
    ),
  },
  { description: 'TLS to PostgreSQL; left out: verify-full, and none to loopback.' },
)

export type LedgerTls = Static<typeof TlsSchema>

export const LedgerSchema = closed(
  {
    url: Type.String({
      default: 'sqlite:./data/runs.db',
      pattern: '^(sqlite:(?!:)(?!//[^/])|postgres(ql)?://).+$',
      patternErrorMessage:
        'sqlite: and the path of a file, such as sqlite:./data/runs.db, or postgres://user@host/database',
      description:
        'Where runs are kept: sqlite: and the path of a file on a local disk, for one process, or ' +
        'postgres://user@host:port/database, for several replicas.',
    }),
    synchronous: oneOf(['full', 'normal'], {
      default: 'full',
      description:
        'SQLite. full: an accepted trigger survives a power cut. normal: faster, survives a crash of the process, ' +
        'but a power cut may lose the last moments.',
    }),
    password: Type.Optional(SecretRefSchema),
    tls: Type.Optional(TlsSchema),
    pool_size: Type.Integer({
      default: 10,
      minimum: 1,
      maximum: 100,
      description: 'PostgreSQL: connections that one replica opens at most.',
    }),
    direct: Type.Optional(
      Type.String({
        pattern: '^postgres(ql)?://.+$',
        patternErrorMessage: 'postgres://user@host/database',
        description:
          'PostgreSQL: the same database without the connection pooler that url leads through. The replicas hear each ' +
          'other in a session of their own, and a pooler that lends sessions by the transaction takes it away.',
      }),
    ),
    migrations: oneOf(['at_start', 'manual'], {
      default: 'at_start',
      description:
        'Who brings the schema of the ledger up to a new version. at_start: the first replica that starts. ' +
        'manual: whoever runs job-gateway ledger migrate; until then the new version refuses to start.',
    }),
    retention_days: Type.Integer({
      default: 90,
      minimum: 61,
      maximum: 3650,
      description: 'How long finished runs are kept; at least 61, since Databricks keeps runs and their tokens 60.',
    }),
    audit_retention_days: Type.Integer({
      default: 400,
      minimum: 90,
      maximum: 3650,
      description: 'How long audit events are kept: who triggered, canceled, repaired, paused or reloaded what.',
    }),
  },
  { default: {}, description: 'The database of runs.' },
)
