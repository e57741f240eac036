import { type Static, Type } from '@sinclair/typebox'
import { ClientLimitsSchema } from './limits.ts'
import { byName, closed, oneOf } from './names.ts'
import { dialectOptions } from './profiles.ts'

const permission = oneOf(['trigger', 'read', 'output', 'cancel', 'repair', 'metrics', 'admin'], {})

/** A code that a caller takes for a failure: the truth about a run is never told as a success or a redirect. */
function failureCode(description: string) {
  return Type.Optional(Type.Integer({ minimum: 400, maximum: 599, description }))
}

const TokenRuleSchema = closed(
  {
    issuer: Type.String({ minLength: 1, description: 'Name of the issuer, of those under issuers.' }),
    claims: Type.Record(
      Type.String(),
      Type.Union([Type.String({ minLength: 1 }), Type.Boolean()], {
        patternErrorMessage: 'text in quotes, or true or false',
      }),
      { description: 'What the token says: each claim with its value, or a list that holds the value.' },
    ),
  },
  { description: 'Which tokens are those of this client.' },
)

export type TokenRule = Static<typeof TokenRuleSchema>

const ClientSchema = closed(
  {
    profile: Type.String({ default: 'generic', minLength: 1, description: 'The dialect, built-in or own.' }),
    keys: Type.Array(
      Type.String({
        pattern: '^sha256:[0-9A-Fa-f]{64}$',
        patternErrorMessage:
          'the hash that `job-gateway key` prints, sha256: and 64 hex digits; never the key itself, whose hash `job-gateway key --hash` prints',
      }),
      {
        default: [],
        maxItems: 2,
        uniqueItems: true,
        description: 'Hashes of the keys, made by `job-gateway key`; two while rotating.',
      },
    ),
    tokens: Type.Array(TokenRuleSchema, {
      default: [],
      uniqueItems: true,
      description:
        'Which tokens (JWT) are those of this client, each rule as {issuer: NAME, claims: {azp: VALUE}}: one has to fit.',
    }),
    jobs: Type.Array(
      Type.String({
        pattern: '^[A-Za-z0-9._*-]{1,100}$',
        patternErrorMessage: 'the name of a job, with * for any characters',
      }),
      { default: [], description: 'Jobs that this client may see, by name; * stands for any characters.' },
    ),
    permissions: Type.Array(permission, {
      minItems: 1,
      uniqueItems: true,
      description: 'What this client may do with its jobs; metrics and admin are for the whole gateway.',
    }),
    id: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$',
        patternErrorMessage: '1 to 100 characters of A-Z a-z 0-9 . _ - starting with a letter or digit',
        description: 'What keys and tokens are bound to, so that the name may change. Left out: the name.',
      }),
    ),
    date_input: Type.Optional(
      oneOf(['yymmdd', 'ddmmyy', 'mmddyy'], { description: 'How six digits are read where a date is expected.' }),
    ),
    codes: closed(
      {
        failed: failureCode('Instead of 424: ended, and not well.'),
        canceled: failureCode('Instead of 409: canceled.'),
        active: failureCode('Instead of 425: still active, with pending: error.'),
      },
      { default: {}, description: 'Own status codes for outcomes, 400 to 599.' },
    ),
    max_wait_seconds: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 3600, description: 'Instead of server.max_wait_seconds, for this client.' }),
    ),
    limits: ClientLimitsSchema,
    // What a client leaves out comes from its profile.
    ...Type.Partial(closed(dialectOptions, {})).properties,
  },
  { description: 'A caller that the gateway knows.' },
)

export const ClientsSchema = byName(ClientSchema, 'Callers by name.')

/** A caller; its id is its name unless it says otherwise. */
export type ClientConfig = Static<typeof ClientSchema> & { id: string }

export type Permission = Static<typeof permission>
