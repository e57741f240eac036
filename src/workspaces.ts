import { readFileSync } from 'node:fs'
import type { Clock } from './clock.ts'
import type { AuthConfig, WorkspaceConfig } from './config/schema/workspaces.ts'
import { readSecret } from './config/secrets.ts'
import type { AuthSettings } from './databricks/auth/kinds.ts'
import { createDatabricksClient } from './databricks/client.ts'
import type { Send } from './databricks/exchange.ts'
import type { BudgetedEndpoint, DatabricksClient, Observer } from './databricks/types.ts'
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
   * else any workspace with it; undefined when none has.
   */
  clientFor(attempt: Pick<Attempt, 'workspace' | 'workspace_host'>): DatabricksClient | undefined
  close(): Promise<void>
}

export function createWorkspaces(deps: WorkspacesDeps): Workspaces {
  const { workspaces, env, clock, version } = deps
  const clients = new Map(
    Object.entries(workspaces).map(([name, { host, auth, budget, proxy, ca }]) => {
      const client = createDatabricksClient({
        host,
        auth: readAuth(auth),
        budget,
        share: (endpoint) => deps.shareOf(name, endpoint),
        clock,
        version,
        env,
        observer: deps.observerOf(name),
        wrapSend: deps.wrapSend?.(name),
        ...(proxy ? { proxy } : {}),
        ...(ca ? { ca: readFileSync(ca.file, 'utf8') } : {}),
      })
      return [name, client] as const
    }),
  )

  function readAuth(auth: AuthConfig): AuthSettings {
    const secret = (ref: Parameters<typeof readSecret>[0]) => () => {
      const value = readSecret(ref, env)
      deps.onSecret(value)
      return value
    }
    switch (auth.type) {
      case 'oauth-m2m':
        return { type: auth.type, client_id: auth.client_id, client_secret: secret(auth.client_secret) }
      case 'pat':
        return { type: auth.type, token: secret(auth.token) }
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
      return [...clients.values()].find((client) => client.host === workspace_host)
    },
    async close() {
      await Promise.all([...clients.values()].map((client) => client.close()))
    },
  }
}
