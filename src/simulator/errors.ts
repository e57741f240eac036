/** What the workspace answers instead of a result: status, `error_code` and message of the REST API. */
export class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly headers: Record<string, string>

  constructor(status: number, code: string, message: string, headers: Record<string, string> = {}) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.code = code
    this.headers = headers
  }
}

export function invalid(message: string): ApiError {
  return new ApiError(400, 'INVALID_PARAMETER_VALUE', message)
}

export function malformed(message: string): ApiError {
  return new ApiError(400, 'MALFORMED_REQUEST', `Could not parse request object: ${message}`)
}

export function forbidden(user: string, jobId: string): ApiError {
  const rights = 'Manage Run or Owner or Admin permissions'
  return new ApiError(403, 'PERMISSION_DENIED', `User "${user}" does not have ${rights} on job ${jobId}`)
}
