import { complete } from '../../src/config/complete.ts'
import { formatPath } from '../../src/config/problem.ts'
import type { WorkspaceConfig } from '../../src/config/schema/workspaces.ts'
import { checkStructure } from '../../src/config/structure.ts'
import { createMapping } from '../../src/config/tree.ts'
import { expandWorkspaces } from '../../src/config/unified-auth/expand-workspaces.ts'

export interface Settings {
  workspace: WorkspaceConfig
  /** Where its secrets are. */
  env: NodeJS.ProcessEnv
  /** It may be started, and its runs canceled. */
  jobId: string
}

/**
 * The workspace that Databricks' own variables describe, with any kind of credential, as the gateway reads them, and the
 * job that may be started; `missing`: why nothing is run.
 */
export function readSettings(env: NodeJS.ProcessEnv): Settings | { missing: string } {
  const jobId = env['LIVE_JOB_ID']
  if (!jobId) return { missing: 'LIVE_JOB_ID names no job that may be started, a harmless one' }
  if (!/^[1-9]\d{0,18}$/.test(jobId)) {
    return { missing: `LIVE_JOB_ID must be the decimal id of a job, but is ${JSON.stringify(jobId)}` }
  }
  const { tree, problems, findings } = expandWorkspaces(createMapping(), env)
  const [problem] = problems
  if (problem) return { missing: `${problem.path} ${problem.message}` }
  const [finding] = [...findings, ...checkStructure(tree)]
  if (finding) return { missing: `${formatPath(finding.path)} ${finding.message}` }
  const [workspace] = Object.values(complete(tree).workspaces)
  return workspace ? { workspace, env, jobId } : { missing: 'no workspace is described' }
}
