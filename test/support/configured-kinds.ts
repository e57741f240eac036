import type { PartialOptions } from '../../src/simulator/options.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'

/** One kind of credential as a configuration file has it. */
export interface ConfiguredKind {
  name: string
  options?: PartialOptions
  workspace?: Record<string, unknown>
  auth(simulator: Simulator, secret: { file: string }): { type: string; [key: string]: unknown }
  /** What is accepted now. */
  secret(simulator: Simulator): string | Promise<string>
  /** What the doctor says of a wrong one. */
  code: string
  refusal: RegExp
}

const ofClient = ({ credentials }: Simulator) => credentials.client_secret
const signedFor = (aud?: string) => (simulator: Simulator) =>
  simulator.signSubjectToken(aud === undefined ? {} : { aud })

export const CONFIGURED_KINDS: ConfiguredKind[] = [
  {
    name: 'pat',
    auth: (_, token) => ({ type: 'pat', token }),
    secret: ({ credentials }) => credentials.token,
    code: 'credential-refused',
    refusal: /Databricks refuses the personal access token: .*401.* → .*a new one goes into \/.*secret/,
  },
  {
    name: 'oauth-m2m',
    auth: ({ credentials }, client_secret) => ({ type: 'oauth-m2m', client_id: credentials.client_id, client_secret }),
    secret: ofClient,
    code: 'secret-refused',
    refusal:
      /Databricks refuses the secret of service principal simulated-client: .*invalid_client.* → make a new one in Databricks/,
  },
  {
    name: 'oauth-m2m on a host of several workspaces',
    options: { host_type: 'unified' },
    workspace: { workspace_id: '1' },
    auth: ({ credentials }, client_secret) => ({ type: 'oauth-m2m', client_id: credentials.client_id, client_secret }),
    secret: ofClient,
    code: 'secret-refused',
    refusal: /Databricks refuses the secret of service principal simulated-client/,
  },
  {
    name: 'azure-client-secret',
    options: { principal_in_workspace: false },
    auth: ({ url, credentials: { tenant_id, client_id, resource_id } }, client_secret) => ({
      ...{ type: 'azure-client-secret', tenant_id, client_id, client_secret },
      ...{ authority_host: url, workspace_resource_id: resource_id },
    }),
    secret: ofClient,
    code: 'secret-refused',
    refusal:
      /Microsoft Entra refuses the secret of service principal simulated-client: .*AADSTS7000215.* → make a new one in Microsoft Entra/,
  },
  {
    name: 'oidc-federation',
    auth: ({ credentials }, subject_token) => {
      return { type: 'oidc-federation', subject_token, client_id: credentials.client_id }
    },
    secret: signedFor(),
    code: 'credential-refused',
    refusal:
      /Databricks does not take the token from \/.*secret for service principal simulated-client: .*invalid_request.* → compare its issuer.*federation policy/,
  },
  {
    name: 'azure-workload-identity',
    auth: ({ url, credentials: { tenant_id, client_id } }, federated_token) => {
      return { type: 'azure-workload-identity', tenant_id, client_id, federated_token, authority_host: url }
    },
    secret: signedFor('api://AzureADTokenExchange'),
    code: 'credential-refused',
    refusal:
      /Microsoft Entra does not take the token from \/.*secret for service principal simulated-client: .*AADSTS50027.* → compare its issuer.*federated credential/,
  },
]
