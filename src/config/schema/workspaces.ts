import { type Static, Type } from '@sinclair/typebox'
import { byName, closed, dateOnly } from './names.ts'

export const SecretRefSchema = Type.Union(
  [
    closed({ env: Type.String({ minLength: 1, description: 'Name of an environment variable.' }) }, {}),
    closed({ file: Type.String({ minLength: 1, description: 'Path of a file that holds nothing else.' }) }, {}),
  ],
  {
    patternErrorMessage: 'a reference, {env: NAME} or {file: PATH}; the secret itself never stands in this file',
    description: 'Where the secret is: {env: NAME} or {file: PATH}. Never the secret itself.',
  },
)

/** Where a secret is. A `file` is an absolute path once the configuration is read. */
export type SecretRef = Static<typeof SecretRefSchema>

const expiresOn = Type.Optional(
  dateOnly('The day the secret itself ends in Databricks, for the alarm ahead of it; the gateway cannot ask for it.'),
)

const AuthSchema = Type.Union(
  [
    closed(
      {
        type: Type.Literal('oauth-m2m'),
        client_id: Type.String({ minLength: 1, description: 'Application id of the service principal.' }),
        client_secret: SecretRefSchema,
        expires_on: expiresOn,
      },
      { description: 'OAuth client credentials of a service principal: the recommended kind.' },
    ),
    closed(
      { type: Type.Literal('pat'), token: SecretRefSchema, expires_on: expiresOn },
      { description: 'A personal access token.' },
    ),
  ],
  { description: 'How the gateway signs in to this workspace.' },
)

export type AuthConfig = Static<typeof AuthSchema>

/** Requests per second. */
function rate(perSecond: number, description: string) {
  return Type.Number({ default: perSecond, exclusiveMinimum: 0, maximum: 1_000_000, description })
}

const BudgetSchema = closed(
  {
    run_now: rate(20, 'Starts. The limit that Databricks reports.'),
    cancel: rate(10, 'Cancels. The limit that Databricks reports.'),
    repair: rate(5, 'Repairs. The limit that Databricks reports.'),
    runs_get: rate(50, 'Looks at one run. Half of the limit that Databricks reports.'),
    runs_list: rate(15, 'Looks at many runs. Half of the limit that Databricks reports.'),
    get_output: rate(10, 'Outputs of tasks. Half of the limit that Databricks reports.'),
    jobs_get: rate(10, 'Definitions of jobs. Half of the limit that Databricks reports.'),
    jobs_list: rate(10, 'Lists of jobs. Half of the limit that Databricks reports.'),
  },
  {
    default: {},
    description:
      'Requests per second that the gateway sends to this workspace at most. Databricks limits them for all its ' +
      'clients together, so leave some to the others.',
  },
)

const WorkspaceSchema = closed(
  {
    host: Type.String({
      minLength: 1,
      description: 'https address of the workspace. Plain http only to loopback, or with allow_http: true.',
    }),
    allow_http: Type.Boolean({
      default: false,
      description: 'Allows plain http to a host that is not loopback. The credential then travels in the clear.',
    }),
    auth: AuthSchema,
    budget: BudgetSchema,
    proxy: Type.Optional(
      closed(
        { url: Type.String({ minLength: 1, description: 'http or https address of the proxy.' }) },
        { description: 'HTTP proxy to this workspace; left out: HTTPS_PROXY and NO_PROXY of the environment.' },
      ),
    ),
    ca: Type.Optional(
      closed(
        { file: Type.String({ minLength: 1, description: 'PEM file with the certificates to trust as well.' }) },
        { description: 'Private certificate authority of the workspace or of a proxy that opens TLS.' },
      ),
    ),
  },
  { description: 'One Databricks workspace.' },
)

export type WorkspaceConfig = Static<typeof WorkspaceSchema>

export const WorkspacesSchema = byName(
  WorkspaceSchema,
  'Databricks workspaces by name. Left out: DATABRICKS_HOST with DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET, ' +
    'or with DATABRICKS_TOKEN, make the workspace default.',
)
