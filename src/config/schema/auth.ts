import { type Static, type TProperties, Type } from '@sinclair/typebox'
import { closed, dateOnly, oneOf } from './names.ts'
import { type SecretRef, SecretRefSchema } from './secret-ref.ts'

function text(description: string) {
  return Type.String({ minLength: 1, description })
}

function secret(what: string) {
  return Type.Union(SecretRefSchema.anyOf, {
    patternErrorMessage: SecretRefSchema['patternErrorMessage'],
    description: `${what} ${SecretRefSchema.description}`,
  })
}

const expiresOn = Type.Optional(
  dateOnly('The day the secret itself ends, for the alarm ahead of it; the gateway cannot ask for it.'),
)

/** For what is asked of Databricks' own OAuth server. */
const place = {
  account_id: Type.Optional(
    Type.String({
      pattern: '^[\\w-]{1,64}$',
      patternErrorMessage: 'the id of the Databricks account',
      description: 'Id of the Databricks account, where tokens are had from the account and its host does not tell.',
    }),
  ),
  discovery_url: Type.Optional(
    text(
      "Address of the OAuth server's metadata, such as https://accounts.cloud.databricks.com/oidc/accounts/ID/" +
        '.well-known/oauth-authorization-server for tokens of the account; left out: found by way of the host.',
    ),
  ),
}

/** For what is asked of Microsoft Entra. */
const entra = {
  azure_environment: Type.Optional(
    oneOf(['public', 'usgovernment', 'china'], { description: 'Cloud of Azure; left out: told by the host.' }),
  ),
  authority_host: Type.Optional(text('Address of Microsoft Entra, where it is not the usual one of that cloud.')),
  workspace_resource_id: Type.Optional(
    Type.String({
      pattern: '^/[sS]ubscriptions/[^/]+/[rR]esource[gG]roups/[^/]+/providers/[^/]+/workspaces/[^/]+$',
      patternErrorMessage:
        'an id such as /subscriptions/…/resourceGroups/…/providers/Microsoft.Databricks/workspaces/…',
      description:
        "Azure's resource id of the workspace, for a principal that is not in the workspace but has the role " +
        'Contributor or Owner on that resource.',
    }),
  ),
}

function kind<Name extends string, Properties extends TProperties>(
  type: Name,
  properties: Properties,
  description: string,
) {
  return closed({ type: Type.Literal(type), ...properties }, { description })
}

const OauthM2m = kind(
  'oauth-m2m',
  {
    client_id: text('Application id of the service principal.'),
    client_secret: secret('Its OAuth secret.'),
    ...place,
    expires_on: expiresOn,
  },
  'OAuth client credentials of a service principal: the recommended kind where there is no workload identity.',
)

const Pat = kind(
  'pat',
  { token: secret('The token.'), expires_on: expiresOn },
  'A personal access token: for a trial, since it lives long and is the secret itself.',
)

const AzureClientSecret = kind(
  'azure-client-secret',
  {
    tenant_id: text('Directory (tenant) id in Microsoft Entra.'),
    client_id: text('Application (client) id of the app registration.'),
    client_secret: secret('A client secret of the app registration, its value, not its id.'),
    ...entra,
    expires_on: expiresOn,
  },
  'A service principal of Microsoft Entra, by a client secret.',
)

const OidcFederation = kind(
  'oidc-federation',
  {
    subject_token: secret('A JWT that a federation policy in Databricks trusts; read again at each refresh.'),
    client_id: Type.Optional(
      text("Application id of the service principal that has the policy; left out: the policy is the account's."),
    ),
    ...place,
  },
  'OAuth token federation: no secret of Databricks, but the token of an identity provider, or of Kubernetes.',
)

const AzureWorkloadIdentity = kind(
  'azure-workload-identity',
  {
    tenant_id: Type.Optional(text('Directory (tenant) id in Microsoft Entra; left out: AZURE_TENANT_ID.')),
    client_id: Type.Optional(text('Client id of the app registration or managed identity; left out: AZURE_CLIENT_ID.')),
    federated_token: Type.Optional(
      secret('The token that Kubernetes projects; left out: the file that AZURE_FEDERATED_TOKEN_FILE names.'),
    ),
    ...entra,
  },
  'Microsoft Entra Workload ID: no secret at all, but a federated credential for the service account.',
)

export const AuthSchema = Type.Union([OauthM2m, Pat, AzureClientSecret, OidcFederation, AzureWorkloadIdentity], {
  description: 'How the gateway signs in to this workspace.',
})

type WorkloadIdentity = Static<typeof AzureWorkloadIdentity>
type Told = 'tenant_id' | 'client_id' | 'federated_token'

/** With what the environment says of a workload identity. */
export type AuthConfig =
  | Exclude<Static<typeof AuthSchema>, WorkloadIdentity>
  | (Omit<WorkloadIdentity, Told> & Required<Pick<WorkloadIdentity, Told>>)

/** The key under which each kind has its secret. */
export const SECRET_KEYS = {
  'oauth-m2m': 'client_secret',
  pat: 'token',
  'azure-client-secret': 'client_secret',
  'oidc-federation': 'subject_token',
  'azure-workload-identity': 'federated_token',
} as const satisfies Record<AuthConfig['type'], string>

/** Where its secret is. */
export function secretOf(auth: AuthConfig): SecretRef {
  switch (auth.type) {
    case 'pat':
      return auth.token
    case 'oauth-m2m':
    case 'azure-client-secret':
      return auth.client_secret
    case 'oidc-federation':
      return auth.subject_token
    case 'azure-workload-identity':
      return auth.federated_token
  }
}
