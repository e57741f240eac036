import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import manifest from '../../package.json' with { type: 'json' }

/** Of every operation that does not say otherwise: one of these. */
export const CREDENTIALS = [{ apiKey: [] }, { bearer: [] }, { basic: [] }]

/** What the document says beside the routes. */
export function openApiOptions(): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'databricks-job-gateway',
        version: manifest.version,
        summary: 'Any scheduler that can make one HTTP call runs a Databricks job exactly once.',
        description: DESCRIPTION,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/', description: 'This gateway.' }],
      tags: [
        { name: 'runs', description: 'Start jobs, and learn how they ended.' },
        { name: 'jobs', description: 'The catalogue.' },
        { name: 'operations', description: 'For those who run the gateway.' },
        { name: 'reference', description: 'What errors mean.' },
      ],
      security: CREDENTIALS,
      components: {
        securitySchemes: {
          apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: "A client's key." },
          bearer: {
            type: 'http',
            scheme: 'bearer',
            description: "A client's key, or a token (JWT) of an issuer that the gateway is configured with.",
          },
          basic: { type: 'http', scheme: 'basic', description: 'Name of the client, and its key as password.' },
          signature: { type: 'apiKey', in: 'query', name: 'signature', description: 'Stands in a signed Location.' },
        },
      },
    },
    refResolver: { buildLocalReference: (schema, _base, _fragment, index) => String(schema['$id'] ?? `def-${index}`) },
    transformObject(document) {
      if (!('openapiObject' in document)) return document.swaggerObject
      const { openapiObject } = document
      // A trigger may go without a body, which the plug-in cannot know.
      for (const path of Object.values(openapiObject.paths ?? {})) {
        if (path?.post?.requestBody && 'content' in path.post.requestBody) path.post.requestBody.required = false
      }
      return openapiObject
    },
  }
}

const DESCRIPTION = `
Trigger a job with \`POST /trigger/{job}\` and an idempotency key, then ask how it ended with \`GET /runs/{id}\`, or let
the call wait with \`wait=45\`. With \`outcome=http\` the status code tells the outcome.

Every error is \`application/problem+json\` (RFC 9457); its \`code\` is what programs branch on, and its \`type\` leads
to a page with cause and cure. With \`format=text\` every answer is one line of plain text.
`.trim()
