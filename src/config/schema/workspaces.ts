import { type Static, Type } from '@sinclair/typebox'
import { type AuthConfig, AuthSchema } from './auth.ts'
import { byName, closed } from './names.ts'
import { CaSchema, ProxySchema } from './network.ts'

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
    profile: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          "Profile of Databricks' own configuration file (DATABRICKS_CONFIG_FILE, else ~/.databrickscfg) that says the " +
          'host and the credential.',
      }),
    ),
    host: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'https address of the workspace. Plain http only to loopback, or with allow_http: true.',
      }),
    ),
    workspace_id: Type.Optional(
      Type.String({
        pattern: '^[\\w-]{1,64}$',
        patternErrorMessage: 'the id of the workspace, in quotes',
        description:
          'Id of the workspace, which a host of several workspaces needs; left out: that of ?o= or ?w= in the host.',
      }),
    ),
    allow_http: Type.Boolean({
      default: false,
      description: 'Allows plain http to a host that is not loopback. The credential then travels in the clear.',
    }),
    auth: Type.Optional(AuthSchema),
    budget: BudgetSchema,
    proxy: Type.Optional(ProxySchema),
    ca: Type.Optional(CaSchema),
  },
  { description: 'One Databricks workspace: profile, or host and auth.' },
)

/** With what its profile or the environment says; `host` is an origin. */
export type WorkspaceConfig = Omit<Static<typeof WorkspaceSchema>, 'profile' | 'host' | 'auth'> & {
  host: string
  auth: AuthConfig
}

export const WorkspacesSchema = byName(
  WorkspaceSchema,
  "Databricks workspaces by name. Left out: Databricks' own variables (DATABRICKS_HOST, DATABRICKS_CLIENT_ID …) and " +
    'configuration profiles make the workspace default.',
)
