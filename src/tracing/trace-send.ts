import { DatabricksError } from '../databricks/errors.ts'
import type { Send } from '../databricks/exchange.ts'
import type { Tracer } from './tracer.ts'

/** A span for each try of a request to Databricks. Names: semantic conventions for HTTP client spans. */
export function traceSend(send: Send, workspace: string, tracer: Tracer): Send {
  return async (endpoint, request) => {
    const { method, url, headers, resends = 0 } = request
    const span = tracer.begin(`databricks ${endpoint}`, 'client', {
      'http.request.method': method,
      'server.address': url.hostname,
      'url.path': url.pathname,
      'job_gateway.workspace': workspace,
      ...(resends > 0 && { 'http.request.resend_count': resends }),
    })
    try {
      const answer = await span.within(() => send(endpoint, { ...request, headers: { ...headers, ...span.headers() } }))
      const { status } = answer
      span.end({ 'http.response.status_code': status }, status >= 400 ? String(status) : undefined)
      return answer
    } catch (error) {
      span.end({}, error instanceof DatabricksError ? error.reason : 'unknown')
      throw error
    }
  }
}
