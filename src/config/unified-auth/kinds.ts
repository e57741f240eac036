import type { Attribute } from './attributes.ts'

export interface Field {
  /** The first of them that has a value. */
  from: readonly [Attribute, ...Attribute[]]
  /** Written as a reference to where it is. */
  secret?: true
  optional?: true
}

/** One kind of credential as Databricks' own tools configure it. */
export interface Kind {
  /** What DATABRICKS_AUTH_TYPE calls it: Databricks' name, and ours where that is another. */
  names: readonly string[]
  /** Its `type` in our configuration. */
  type: string
  /** Any of them says that this kind is meant. */
  signs: readonly Attribute[]
  /** Without a sign of any kind, half of this one. */
  hints: readonly Attribute[]
  /** Is there whether or not anybody meant it for Databricks, so that every other kind goes before it. */
  ambient?: true
  fields: Readonly<Record<string, Field>>
}

const needed = (...from: Field['from']): Field => ({ from })
const optional = (...from: Field['from']): Field => ({ from, optional: true })
const secret = (...from: Field['from']): Field => ({ from, secret: true })

const place = { account_id: optional('account_id'), discovery_url: optional('discovery_url') }
const azure = { azure_environment: optional('azure_environment'), workspace_resource_id: optional('azure_resource_id') }

/** What Microsoft Entra Workload ID tells a pod. */
export const IDENTITY: Readonly<Record<string, Field>> = {
  tenant_id: needed('azure_tenant_id'),
  client_id: needed('azure_client_id'),
  federated_token: secret('azure_token_file'),
  authority_host: optional('azure_authority_host'),
}

function federation(name: string, ...from: Field['from']): Kind {
  return {
    names: [name, 'oidc-federation'],
    type: 'oidc-federation',
    signs: from,
    hints: [],
    fields: { subject_token: secret(...from), client_id: optional('client_id'), ...place },
  }
}

export const KINDS: readonly Kind[] = [
  { names: ['pat'], type: 'pat', signs: ['token'], hints: [], fields: { token: secret('token') } },
  {
    names: ['oauth-m2m'],
    type: 'oauth-m2m',
    signs: ['client_secret'],
    hints: ['client_id'],
    fields: { client_id: needed('client_id'), client_secret: secret('client_secret'), ...place },
  },
  federation('env-oidc', 'oidc_token_env', 'oidc_token'),
  federation('file-oidc', 'oidc_token_file'),
  {
    names: ['azure-client-secret'],
    type: 'azure-client-secret',
    signs: ['arm_client_secret'],
    hints: ['arm_client_id', 'arm_tenant_id'],
    fields: {
      tenant_id: needed('arm_tenant_id'),
      client_id: needed('arm_client_id'),
      client_secret: secret('arm_client_secret'),
      ...azure,
    },
  },
  {
    names: ['azure-workload-identity'],
    type: 'azure-workload-identity',
    signs: ['azure_token_file'],
    hints: [],
    ambient: true,
    fields: { ...IDENTITY, ...azure },
  },
]
