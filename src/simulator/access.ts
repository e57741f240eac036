import type { Incoming, Reply } from './dispatch.ts'
import { ApiError } from './errors.ts'
import { type OAuth, WORKSPACE_ID } from './oauth.ts'
import type { Options } from './options.ts'

interface Surroundings {
  readonly oauth: OAuth
  readonly options: Options
}

/**
 * Whether this caller may call the API. Throws ApiError when not; answers the page to sign in when a host of several
 * workspaces is not told which one.
 */
export function checkAccess(incoming: Incoming, { oauth, options }: Surroundings): Reply | undefined {
  const { headers, query } = incoming
  if (options.host_type !== 'workspace') {
    const named = headers['x-databricks-workspace-id'] ?? query.get('o')
    if (named !== WORKSPACE_ID) return SIGN_IN
  }
  if (!oauth.accepts(headers.authorization)) throw unauthorized(options.unauthorized_status)
  if (options.principal_in_workspace) return undefined
  const resource = headers['x-databricks-azure-workspace-resource-id']
  const token = headers['x-databricks-azure-sp-management-token']
  if (resource === oauth.credentials.resource_id && oauth.manages(String(token))) return undefined
  throw new ApiError(403, 'PERMISSION_DENIED', `Unauthorized access to Org: ${WORKSPACE_ID}`)
}

const SIGN_IN: Reply = {
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: '<!doctype html><title>Sign in</title>',
}

function unauthorized(status: 401 | 403): ApiError {
  if (status === 403) return new ApiError(403, 'PERMISSION_DENIED', 'Invalid access token.')
  return new ApiError(401, 'UNAUTHENTICATED', 'Unauthorized access.')
}
