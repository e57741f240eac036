import type { FastifyRequest, onRequestHookHandler } from 'fastify'
import { createLabel } from '../metrics/labels.ts'
import type { Tracer } from './tracer.ts'

/** Asked every few seconds by machines, and told in metrics. */
const UNTRACED = new Set(['/livez', '/readyz', '/metrics'])

/** From the arrival of a request to the last byte of its answer. Names: semantic conventions for HTTP server spans. */
export function createTraceRequest(tracer: Tracer, jobs: () => Record<string, unknown>): onRequestHookHandler {
  const jobLabel = createLabel(jobs)

  return (request, reply, done) => {
    const { method, headers } = request
    const route = request.routeOptions.url
    if (route !== undefined && UNTRACED.has(route)) return done()
    const attributes = { 'http.request.method': method, ...(route !== undefined && { 'http.route': route }) }
    const span = tracer.begin(route === undefined ? method : `${method} ${route}`, 'server', attributes, headers)
    reply.raw.once('close', () => {
      const delivered = reply.raw.writableFinished
      const { statusCode } = reply.raw
      const trouble = delivered ? undefined : 'client_gone'
      span.end(
        { ...(delivered && { 'http.response.status_code': statusCode }), ...describeCall(request, jobLabel) },
        statusCode >= 500 ? String(statusCode) : trouble,
      )
    })
    span.within(done)
  }
}

function describeCall({ call }: FastifyRequest, jobLabel: (name: string) => string) {
  const { caller, job, runId, answer, waitedMs, error } = call
  return {
    ...(caller && { 'job_gateway.client': caller.name }),
    ...(job !== undefined && { 'job_gateway.job': jobLabel(job) }),
    ...(runId !== undefined && { 'job_gateway.run': runId }),
    ...(answer && { 'job_gateway.answer': answer }),
    ...(waitedMs > 0 && { 'job_gateway.waited_seconds': waitedMs / 1000 }),
    ...(error && { 'job_gateway.error': error.code }),
  }
}
