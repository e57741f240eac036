import { isDeepStrictEqual } from 'node:util'
import type { Clock } from './clock.ts'
import type { AuthConfig } from './config/schema/auth.ts'
import type { SecretRef } from './config/schema/secret-ref.ts'
import type { WorkspaceConfig } from './config/schema/workspaces.ts'
import { readSecret } from './config/secrets.ts'
import type { AuthSettings } from './databricks/auth/kinds.ts'
import { createDatabricksClient } from './databricks/client.ts'
import type { Route } from './databricks/dispatcher.ts'
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

interface Entry {
  workspace: WorkspaceConfig
  route: Route
  client: DatabricksClient
}

/** The configured workspaces, each with one client. */
export interface Workspaces {
  names(): string[]
  clientOf(workspace: string): DatabricksClient
  /** undefined: there is no workspace of that name. */
  clientNamed(workspace: string): DatabricksClient | undefined
  /**
   * By what the attempt's row holds, not by today's catalogue: the workspace of that name if it still has that host,
   * else any entry of the one workspace that has it; undefined when there is none, or more than one.
   */
  clientFor(attempt: Pick<Attempt, 'workspace' | 'workspace_host'>): DatabricksClient | undefined
  /**
   * Takes these instead. Where nothing has changed the client stays; others finish what they have begun. Throws before
   * anything is changed.
   */
  replace(workspaces: Record<string, WorkspaceConfig>): void
  close(): Promise<void>
}

/** Longer than any step of a run goes on with the client that it began with. */
const RETIREMENT_MS = 5 * 60_000

export function createWorkspaces(deps: WorkspacesDeps): Workspaces {
  const { env, clock, version } = deps
  const closing = new AbortController()
  const retired = new Set<Promise<void>>()
  let entries = createEntries(deps.workspaces, new Map())

  function createEntries(workspaces: WorkspacesDeps['workspaces'], former: Map<string, Entry>): Map<string, Entry> {
    // Read before any client is made: a file may have gone.
    const wanted = Object.entries(workspaces).map(
      ([name, workspace]) => [name, workspace, readRoute(workspace, deps)] as const,
    )
    return new Map(
      wanted.map(([name, workspace, route]) => {
        const entry = former.get(name)
        const same = entry && entry.route.ca === route.ca && isDeepStrictEqual(entry.workspace, workspace)
        return [name, same ? entry : { workspace, route, client: createClient(name, workspace, route) }]
      }),
    )
  }

  function createClient(name: string, workspace: WorkspaceConfig, route: Route): DatabricksClient {
    return createDatabricksClient({
      host: workspace.host,
      ...(workspace.workspace_id === undefined ? {} : { workspaceId: workspace.workspace_id }),
      auth: readAuth(workspace.auth),
      budget: workspace.budget,
      share: (endpoint) => deps.shareOf(name, endpoint),
      clock,
      version,
      observer: deps.observerOf(name),
      wrapSend: deps.wrapSend?.(name),
      ...route,
    })
  }

  async function retire(client: DatabricksClient): Promise<void> {
    await clock.sleep(RETIREMENT_MS, closing.signal)
    await client.close()
  }

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
    names: () => [...entries.keys()],
    clientOf(workspace) {
      const entry = entries.get(workspace)
      if (!entry) throw new Error(`no workspace ${workspace}`)
      return entry.client
    },
    clientNamed: (workspace) => entries.get(workspace)?.client,
    clientFor({ workspace, workspace_host }) {
      const named = entries.get(workspace)?.client
      if (named?.host === workspace_host) return named
      const found = [...entries.values()].filter(({ client }) => client.host === workspace_host)
      // On a host of a whole account only the name could tell which workspace it was.
      const ids = new Set(found.map((entry) => entry.workspace.workspace_id))
      return ids.size === 1 ? found[0]?.client : undefined
    },
    replace(workspaces) {
      const former = entries
      entries = createEntries(workspaces, former)
      const kept = new Set(entries.values())
      for (const entry of former.values()) {
        if (kept.has(entry)) continue
        const retirement = retire(entry.client).finally(() => retired.delete(retirement))
        retired.add(retirement)
      }
    },
    async close() {
      closing.abort()
      await Promise.all([...[...entries.values()].map(({ client }) => client.close()), ...retired])
    },
  }
}
