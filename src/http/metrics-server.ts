import fastify, { type FastifyInstance } from 'fastify'
import type { Metrics } from '../metrics.ts'
import { ARRIVAL } from './arrival.ts'

/** The second, open port: metrics and nothing else. */
export function createMetricsServer(metrics: Pick<Metrics, 'scrape' | 'contentType'>): FastifyInstance {
  const app = fastify({ requestTimeout: ARRIVAL.requestTimeout, http: ARRIVAL.http, return503OnClosing: false })
  app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.scrape()))
  return app
}
