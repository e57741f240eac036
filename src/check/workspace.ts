import { readFileSync } from 'node:fs'
import type { Clock } from '../clock.ts'
import type { WorkspaceConfig } from '../config/schema/workspaces.ts'
import { DatabricksError } from '../databricks/errors.ts'
import type { DatabricksClient } from '../databricks/types.ts'
import { compareClocks, diagnoseConnection } from './connection.ts'
import { type Result, skipped, well } from './finding.ts'
import { reach } from './reach.ts'
import { diagnoseRefusal } from './refusal.ts'
import type { WayOut } from './way-out.ts'

export interface WorkspaceQuestion {
  name: string
  workspace: WorkspaceConfig
  way: WayOut
  client: Pick<DatabricksClient, 'listRuns' | 'accessTokenExpiresAt'>
  clock: Clock
  signal: AbortSignal
}

const SIGN_IN_MS = 20_000

/** What every workspace tells everybody (RFC 8414), and what a host of several does. */
const OF_WORKSPACE = '/oidc/.well-known/oauth-authorization-server'
const OF_SEVERAL = '/.well-known/databricks-config'

export interface WorkspaceAnswer {
  results: Result[]
  /** It can be asked about its jobs. */
  answers: boolean
}

/** Goes the way to a workspace, step by step, until one fails. */
export async function checkWorkspace(question: WorkspaceQuestion): Promise<WorkspaceAnswer> {
  const { name, workspace, way, clock, signal } = question
  const host = new URL(workspace.host)
  const ca = workspace.ca && readFileSync(workspace.ca.file, 'utf8')
  const path = workspace.workspace_id === undefined ? OF_WORKSPACE : OF_SEVERAL
  const reached = await reach(host, { path, proxy: way.proxy, ca, clock, signal })
  const connection = diagnoseConnection(reached, { workspace: name, host, proxy: way.proxy })
  if (connection.status === 'failed' || reached.kind !== 'answered') return { results: [connection], answers: false }
  const clocks = reached.clocks ? compareClocks(reached.clocks) : skipped('clock', 'Databricks does not tell its time')
  const signedIn = await signIn(question)
  return { results: [connection, clocks, signedIn], answers: signedIn.status === 'ok' }
}

/** The smallest call that needs a token. */
async function signIn({ name, workspace, client, clock, signal }: WorkspaceQuestion): Promise<Result> {
  const check = 'sign-in'
  const { auth, host } = workspace
  try {
    await client.listRuns({ limit: 1 }, { deadline: clock.now() + SIGN_IN_MS, signal })
  } catch (error) {
    if (!(error instanceof DatabricksError)) throw error
    return diagnoseRefusal(check, error, { workspace: name, auth, host })
  }
  const expiresAt = client.accessTokenExpiresAt()
  const life = expiresAt === null ? '' : `, token for ${Math.round((expiresAt - clock.now()) / 60_000)} min`
  return well(check, `${auth.type} accepted${life}`)
}
