import type { Clock } from './clock.ts'
import type { AuthConfig } from './config/schema/auth.ts'
import type { SecretRef } from './config/schema/secret-ref.ts'
import type { WorkspaceConfig } from './config/schema/workspaces.ts'
import { readSecret } from './config/secrets.ts'
import type { AuthSettings } from './databricks/auth/kinds.ts'
import { createDatabricksClient } from './databricks/client.ts'
import type { Send } from './databricks/exchange.ts'
import type { BudgetedEndpoint, DatabricksClient, Observer } from './databricks/types.ts'
import { readRoute } from './route.ts'
import type { Attempt } from './runs/run.ts'

export interface WorkspacesDeps {
  workspaces: Record<string, WorkspaceConfig>
  env: NodeJS.ProcessEnv
  clock: Clock
  version: string
  observerOf: (workspace: string) => Observer
  /** Of the workspace's budget for the endpoint, what this process may spend; above 0 and up to 1. */
  shareOf: (workspace: string, endpoint: BudgetedEndpoint) => number
  /** Told of each secret that is read, so that the log can hide it. */
  onSecret: (secret: string) => void
  /** Stands around every request to a workspace; left out: nothing does. */
  wrapSend?: ((workspace: string) => (send: Send) => Send) | undefined
}

/** The configured workspaces, each with one client. */
export interface Workspaces {
  names(): string[]
  clientOf(workspace: string): DatabricksClient
  /**
   * By what the attempt's row holds, not by today's catalogue: the workspace of that name if it still has that host,
   * else any entry of the one workspace that has it; undefined when there is none, or more than one.
   */
  clientFor(attempt: Pick<Attempt, 'workspace' | 'workspace_host'>): DatabricksClient | undefined
  close(): Promise<void>
}

export function createWorkspaces(deps: WorkspacesDeps): Workspaces {
  const { workspaces, env, clock, version } = deps
  const clients = new Map(
    Object.entries(workspaces).map(([name, workspace]) => {
      const client = createDatabricksClient({
        host: workspace.host,
        ...(workspace.workspace_id === undefined ? {} : { workspaceId: workspace.workspace_id }),
        auth: readAuth(workspace.auth),
        budget: workspace.budget,
        share: (endpoint) => deps.shareOf(name, endpoint),
        clock,
        version,
        observer: deps.observerOf(name),
        wrapSend: deps.wrapSend?.(name),
        ...readRoute(workspace, deps),
      })
      return [name, client] as const
    }),
  )

  /** References become what reads them anew at each use. */
  function readAuth(auth: AuthConfig): AuthSettings {
    const secret = (ref: SecretRef) => () => {
      const value = readSecret(ref, env)
      deps.onSecret(value)
      return value
    }
    switch (auth.type) {
      case 'pat':
        return { ...auth, token: secret(auth.token) }
      case 'oauth-m2m':
        return { ...auth, client_secret: secret(auth.client_secret) }
      case 'azure-client-secret':
        return { ...auth, client_secret: secret(auth.client_secret) }
      case 'oidc-federation':
        return { ...auth, subject_token: secret(auth.subject_token) }
      case 'azure-workload-identity':
        return { ...auth, federated_token: secret(auth.federated_token) }
    }
  }

  return {
    names: () => [...clients.keys()],
    clientOf(workspace) {
      const client = clients.get(workspace)
      if (!client) throw new Error(`no workspace ${workspace}`)
      return client
    },
    clientFor({ workspace, workspace_host }) {
      const named = clients.get(workspace)
      if (named?.host === workspace_host) return named
      const found = [...clients].filter(([, { host }]) => host === workspace_host)
      // On a host of a whole account only the name could tell which workspace it was.
      const ids = new Set(found.map(([name]) => workspaces[name]?.workspace_id))
      return ids.size === 1 ? found[0]?.[1] : undefined
    },
    async close() {
      await Promise.all([...clients.values()].map((client) => client.close()))
    },
  }
}
