import { resolve } from 'node:path'
import { ENVIRONMENT } from '../problem.ts'
import type { SecretRef } from '../schema/secret-ref.ts'

/** What Databricks' own tools call each value, in the environment and in a profile. */
const NAMES = {
  host: { variable: 'DATABRICKS_HOST', key: 'host' },
  workspace_id: { variable: 'DATABRICKS_WORKSPACE_ID', key: 'workspace_id' },
  account_id: { variable: 'DATABRICKS_ACCOUNT_ID', key: 'account_id' },
  discovery_url: { variable: 'DATABRICKS_DISCOVERY_URL', key: 'discovery_url' },
  auth_type: { variable: 'DATABRICKS_AUTH_TYPE', key: 'auth_type' },
  token: { variable: 'DATABRICKS_TOKEN', key: 'token' },
  client_id: { variable: 'DATABRICKS_CLIENT_ID', key: 'client_id' },
  client_secret: { variable: 'DATABRICKS_CLIENT_SECRET', key: 'client_secret' },
  oidc_token: { variable: 'DATABRICKS_OIDC_TOKEN' },
  oidc_token_env: { variable: 'DATABRICKS_OIDC_TOKEN_ENV', key: 'oidc_token_env' },
  oidc_token_file: { variable: 'DATABRICKS_OIDC_TOKEN_FILEPATH', key: 'databricks_id_token_filepath' },
  arm_tenant_id: { variable: 'ARM_TENANT_ID', key: 'azure_tenant_id' },
  arm_client_id: { variable: 'ARM_CLIENT_ID', key: 'azure_client_id' },
  arm_client_secret: { variable: 'ARM_CLIENT_SECRET', key: 'azure_client_secret' },
  azure_environment: { variable: 'ARM_ENVIRONMENT', key: 'azure_environment' },
  azure_resource_id: { variable: 'DATABRICKS_AZURE_RESOURCE_ID', key: 'azure_workspace_resource_id' },
  // What Microsoft Entra Workload ID puts into a pod.
  azure_tenant_id: { variable: 'AZURE_TENANT_ID' },
  azure_client_id: { variable: 'AZURE_CLIENT_ID' },
  azure_token_file: { variable: 'AZURE_FEDERATED_TOKEN_FILE' },
  azure_authority_host: { variable: 'AZURE_AUTHORITY_HOST' },
} as const satisfies Record<string, { variable: string; key?: string }>

export type Attribute = keyof typeof NAMES

/** Where a value stands, as problems name it. */
export interface Place {
  file: string
  path: string
}

export interface Value {
  text: string
  /** Where the secret is that it is, or that it names. */
  ref: SecretRef
  place: Place
}

export interface Source {
  values: Partial<Record<Attribute, Value>>
  /** Where a value stands, or would stand. */
  placeOf(attribute: Attribute): Place
}

/** Variables that are empty count as not set. */
export function readVariables(env: NodeJS.ProcessEnv): Source {
  const nameOf = (attribute: Attribute) => NAMES[attribute].variable
  return collect(
    (attribute) => ({ text: env[nameOf(attribute)], ref: { env: nameOf(attribute) } }),
    (attribute) => ({ file: ENVIRONMENT, path: nameOf(attribute) }),
  )
}

export function readSection(section: ReadonlyMap<string, string>, file: string, profile: string): Source {
  const keyOf = (attribute: Attribute) => {
    const names: { variable: string; key?: string } = NAMES[attribute]
    return names.key ?? names.variable
  }
  return collect(
    (attribute) => ({ text: section.get(keyOf(attribute)), ref: { file, profile, key: keyOf(attribute) } }),
    (attribute) => ({ file, path: `[${profile}] ${keyOf(attribute)}` }),
  )
}

function collect(
  read: (attribute: Attribute) => { text: string | undefined; ref: SecretRef },
  placeOf: Source['placeOf'],
): Source {
  const values: Source['values'] = {}
  for (const attribute of Object.keys(NAMES) as Attribute[]) {
    const { text, ref } = read(attribute)
    if (text) values[attribute] = { text, ref: follow(attribute, text) ?? ref, place: placeOf(attribute) }
  }
  return { values, placeOf }
}

/** Some are not the secret but say where it is. */
function follow(attribute: Attribute, text: string): SecretRef | undefined {
  if (attribute === 'oidc_token_env') return { env: text }
  return attribute === 'oidc_token_file' || attribute === 'azure_token_file' ? { file: resolve(text) } : undefined
}
