import type { AuthSettings } from '../../../src/databricks/auth/kinds.ts'
import type { Secret } from '../../../src/databricks/auth/secret.ts'
import type { PartialOptions } from '../../../src/simulator/options.ts'
import type { Simulator } from '../../../src/simulator/simulator.ts'

/** One way to sign in: how a client is told of it, and how the simulated workspace is brought to grant and refuse it. */
export interface CredentialKind {
  name: string
  options?: PartialOptions
  workspaceId?: string
  /** `authority` stands for Entra. */
  auth(simulator: Simulator, secret: Secret, authority: string): AuthSettings
  /** Where it gets its tokens; undefined: it is the token. */
  endpoint?: string
  /** Requests that one sign-in makes there. */
  tokens: number
  /** What is accepted now. */
  secret(simulator: Simulator): string | Promise<string>
  /** From now on only another one is. */
  rotate(simulator: Simulator): void
}

const ENTRA = '/simulated-tenant/oauth2/token'
const OF_ACCOUNT = '/oidc/accounts/simulated-account/v1/token'

const clientSecret = {
  secret: ({ credentials }: Simulator) => credentials.client_secret,
  rotate: (simulator: Simulator) => simulator.changeCredentials({ client_secret: 'secret-after-the-rotation' }),
}

/** The issuer's tokens are of another service account from now on, and so is the policy. */
const projected = (audience?: string) => ({
  secret: (simulator: Simulator) => simulator.signSubjectToken(audience === undefined ? {} : { aud: audience }),
  rotate: (simulator: Simulator) =>
    simulator.setOptions({ federation: { ...simulator.options.federation, subject: 'system:serviceaccount:new:one' } }),
})

export const CREDENTIAL_KINDS: CredentialKind[] = [
  {
    name: 'pat',
    auth: (_, token) => ({ type: 'pat', token }),
    tokens: 0,
    secret: ({ credentials }) => credentials.token,
    rotate: (simulator) => simulator.changeCredentials({ token: 'token-after-the-rotation' }),
  },
  {
    name: 'oauth-m2m',
    auth: ({ credentials }, client_secret) => ({ type: 'oauth-m2m', client_id: credentials.client_id, client_secret }),
    endpoint: '/oidc/v1/token',
    tokens: 1,
    ...clientSecret,
  },
  {
    name: 'oauth-m2m on a host of several workspaces',
    options: { host_type: 'unified' },
    workspaceId: '1',
    auth: ({ credentials }, client_secret) => ({ type: 'oauth-m2m', client_id: credentials.client_id, client_secret }),
    endpoint: OF_ACCOUNT,
    tokens: 1,
    ...clientSecret,
  },
  {
    name: 'azure-client-secret',
    auth: ({ credentials }, client_secret, authority_host) => {
      const { tenant_id, client_id } = credentials
      return { type: 'azure-client-secret', tenant_id, client_id, client_secret, authority_host }
    },
    endpoint: ENTRA,
    tokens: 1,
    ...clientSecret,
  },
  {
    name: 'azure-client-secret of a principal that is not in the workspace',
    options: { principal_in_workspace: false },
    auth: ({ credentials }, client_secret, authority_host) => {
      const { tenant_id, client_id, resource_id: workspace_resource_id } = credentials
      const application = { tenant_id, client_id, client_secret, authority_host }
      return { type: 'azure-client-secret', ...application, workspace_resource_id }
    },
    endpoint: ENTRA,
    tokens: 2,
    ...clientSecret,
  },
  {
    name: 'oidc-federation by a policy of the service principal',
    auth: ({ credentials }, subject_token) => {
      const { client_id } = credentials
      return { type: 'oidc-federation', subject_token, client_id }
    },
    endpoint: '/oidc/v1/token',
    tokens: 1,
    ...projected(),
  },
  {
    name: 'oidc-federation by a policy of the account',
    options: {
      host_type: 'account',
      federation: {
        issuer: 'https://idp.example.com',
        subject: 'gateway@example.com',
        audiences: ['databricks'],
        policy_of: 'account',
      },
    },
    workspaceId: '1',
    auth: (_, subject_token) => ({ type: 'oidc-federation', subject_token }),
    endpoint: OF_ACCOUNT,
    tokens: 1,
    ...projected(),
  },
  {
    name: 'azure-workload-identity',
    auth: ({ credentials }, federated_token, authority_host) => {
      const { tenant_id, client_id } = credentials
      return { type: 'azure-workload-identity', tenant_id, client_id, federated_token, authority_host }
    },
    endpoint: ENTRA,
    tokens: 1,
    ...projected('api://AzureADTokenExchange'),
  },
]
