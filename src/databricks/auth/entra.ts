import type { Grant } from './credential.ts'
import { requestToken, type TokenRequestDeps } from './token-request.ts'

/** Azure Databricks itself, in every cloud of Azure. */
const DATABRICKS = '2ff814a6-3304-4ab8-85cb-cd0e6f879c1d'

const CLOUDS = {
  public: { login: 'https://login.microsoftonline.com', management: 'https://management.core.windows.net/' },
  usgovernment: { login: 'https://login.microsoftonline.us', management: 'https://management.core.usgovcloudapi.net/' },
  china: { login: 'https://login.chinacloudapi.cn', management: 'https://management.core.chinacloudapi.cn/' },
}

export type AzureEnvironment = keyof typeof CLOUDS

export interface EntraSettings {
  /** Directory (tenant) id. */
  tenant_id: string
  /** Application (client) id. */
  client_id: string
  /** Left out: told by the workspace's host. */
  azure_environment?: AzureEnvironment
  /** Where Entra is asked; left out: its usual place in that cloud. */
  authority_host?: string
  /** Azure's id of the workspace, for a principal that is not in the workspace but has a role on that resource. */
  workspace_resource_id?: string
}

export interface EntraDeps extends TokenRequestDeps {
  /** Origin of the workspace. */
  host: string
}

/** What the application shows of itself. */
export interface Proof {
  form: Record<string, string>
  secrets: readonly string[]
}

/**
 * Tokens of Microsoft Entra for an application (client credentials, v1 endpoint as in Databricks' own SDKs): one for
 * Databricks and, for a principal that is not in the workspace, one for Azure's management.
 */
export function createEntra(
  settings: EntraSettings,
  prove: () => Promise<Proof>,
  deps: EntraDeps,
): () => Promise<Grant> {
  const { tenant_id, client_id, workspace_resource_id: resourceId } = settings
  const { login, management } = CLOUDS[settings.azure_environment ?? environmentOf(deps.host)]
  const authority = (settings.authority_host ?? login).replace(/\/+$/, '')
  const url = new URL(`${authority}/${encodeURIComponent(tenant_id)}/oauth2/token`)

  return async () => {
    const { form, secrets } = await prove()
    const ask = (resource: string) =>
      requestToken({ url, form: { grant_type: 'client_credentials', client_id, resource, ...form }, secrets }, deps)
    if (resourceId === undefined) {
      const { value, lifeMs } = await ask(DATABRICKS)
      return { headers: { authorization: `Bearer ${value}` }, secrets: [value, ...secrets], lifeMs }
    }
    const [own, manager] = await Promise.all([ask(DATABRICKS), ask(management)])
    return {
      headers: {
        authorization: `Bearer ${own.value}`,
        'x-databricks-azure-sp-management-token': manager.value,
        'x-databricks-azure-workspace-resource-id': resourceId,
      },
      secrets: [own.value, manager.value, ...secrets],
      lifeMs: Math.min(own.lifeMs, manager.lifeMs),
    }
  }
}

/** By the zone of the workspace's name; a private name says nothing. */
function environmentOf(host: string): AzureEnvironment {
  const { hostname } = new URL(host)
  if (hostname.endsWith('.databricks.azure.us')) return 'usgovernment'
  return hostname.endsWith('.databricks.azure.cn') ? 'china' : 'public'
}
