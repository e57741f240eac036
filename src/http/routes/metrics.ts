import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { Metrics } from '../../metrics.ts'
import type { Guard } from '../guard.ts'
import { errorAnswers } from '../schemas/answers.ts'

export interface MetricsRouteDeps {
  metrics: Pick<Metrics, 'scrape' | 'contentType'>
  guard: Guard
}

/** GET /metrics on the main port, for clients with the permission; open to all on `server.metrics_port`. */
export function metricsRoute({ metrics, guard }: MetricsRouteDeps): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get('/metrics', { schema: SCHEMA, onRequest: guard('metrics') }, async (_request, reply) =>
      reply.type(metrics.contentType).send(await metrics.scrape()),
    )
  }
}

const SCHEMA = {
  operationId: 'getMetrics',
  summary: 'Read the metrics',
  description: "In Prometheus' text format. Needs the permission `metrics` here; open on the port for metrics.",
  tags: ['operations'],
  response: {
    200: {
      description: 'All metrics.',
      content: { 'text/plain': { schema: Type.String(), example: 'job_gateway_ledger_up 1\n' } },
    },
    ...errorAnswers('unauthenticated', 'forbidden', 'rate-limited', 'issuer-unavailable', 'internal'),
  },
}
