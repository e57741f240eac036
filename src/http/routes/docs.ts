import swaggerUi from '@fastify/swagger-ui'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { errorAnswers } from '../schemas/answers.ts'

/** GET /openapi.json, and /docs to read and try it; open to all. */
export function docsRoutes(): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get('/openapi.json', { schema: SCHEMA }, async () => app.swagger())
    await app.register(swaggerUi, {
      routePrefix: '/docs',
      // There is one document, so no bar to choose another.
      uiConfig: { layout: 'BaseLayout', deepLinking: true, displayRequestDuration: true, tryItOutEnabled: true },
      theme: { title: 'databricks-job-gateway' },
    })
  }
}

const SCHEMA = {
  operationId: 'getOpenApi',
  summary: 'Read this description',
  description: 'The OpenAPI 3.1 document of the gateway; /docs shows it as a page.',
  tags: ['reference'],
  security: [],
  response: {
    200: {
      description: 'The document.',
      content: {
        'application/json': { schema: Type.Object({}, { additionalProperties: true }), example: { openapi: '3.1.0' } },
      },
    },
    ...errorAnswers('rate-limited', 'overloaded'),
  },
}
