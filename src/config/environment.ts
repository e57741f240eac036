import type { ConfigProblem } from './problem.ts'
import { createMapping, type Mapping } from './tree.ts'

/** The file name that problems of environment variables carry. */
export const ENVIRONMENT = 'environment'

/**
 * The workspace that Databricks' own variables describe, or the problems why they describe none. Secrets stay
 * references to their variables.
 */
export function readEnvironment(env: NodeJS.ProcessEnv): Mapping | ConfigProblem[] {
  const problem = (path: string, message: string) => [{ file: ENVIRONMENT, path, message }]
  const host = env['DATABRICKS_HOST']
  const id = env['DATABRICKS_CLIENT_ID']
  const secret = env['DATABRICKS_CLIENT_SECRET']
  const token = env['DATABRICKS_TOKEN']

  const given = Object.entries({ DATABRICKS_CLIENT_ID: id, DATABRICKS_CLIENT_SECRET: secret, DATABRICKS_TOKEN: token })
    .filter(([, value]) => value)
    .map(([name]) => name)
  if (token && given.length > 1) {
    return problem('DATABRICKS_TOKEN', `is set beside ${given[0]}: two kinds of credential; unset one of the two kinds`)
  }
  if (!host) {
    const reason = given.length > 0 ? `must be set beside ${given.join(' and ')}` : 'is not set'
    return problem('DATABRICKS_HOST', `${reason}; set it to the address of the workspace, or configure workspaces`)
  }
  if (token) return describeWorkspace(host, { type: 'pat', token: fromVariable('DATABRICKS_TOKEN') })
  if (!id || !secret) {
    const missing = id ? 'DATABRICKS_CLIENT_SECRET' : 'DATABRICKS_CLIENT_ID'
    const other = given[0] ?? 'DATABRICKS_CLIENT_SECRET (or DATABRICKS_TOKEN alone)'
    return problem(missing, `must be set beside DATABRICKS_HOST and ${other}`)
  }
  return describeWorkspace(host, {
    type: 'oauth-m2m',
    client_id: id,
    client_secret: fromVariable('DATABRICKS_CLIENT_SECRET'),
  })
}

function describeWorkspace(host: string, auth: Record<string, string | Mapping>): Mapping {
  return createMapping([
    ['host', host],
    ['auth', createMapping(Object.entries(auth))],
  ])
}

function fromVariable(name: string): Mapping {
  return createMapping([['env', name]])
}
