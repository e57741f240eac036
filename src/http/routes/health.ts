import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { choice, instant } from '../schemas/types.ts'

/** What the process says of itself. */
export interface Health {
  ready: boolean
  /** Asked to stop: everything is still served, but no longer for long. */
  draining: boolean
  /** Trouble that is not this process's own, such as an unreachable workspace. Since epoch ms. */
  degraded?: { reasons: string[]; since: number } | undefined
}

/** GET /livez and GET /readyz, open to all. */
export function healthRoutes({ health }: { health: () => Health }): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get('/livez', { schema: LIVE }, async (_request, reply) =>
      reply.header('cache-control', 'no-store').send({ status: 'ok' }),
    )

    app.get('/readyz', { schema: READY }, async (_request, reply) => {
      const { ready, draining, degraded } = health()
      reply.header('cache-control', 'no-store')
      if (draining) return reply.code(503).send({ status: 'draining' })
      if (!ready) return reply.code(503).send({ status: 'starting' })
      if (!degraded) return reply.send({ status: 'ready' })
      const { reasons, since } = degraded
      return reply.send({ status: 'degraded', reasons, since: new Date(since).toISOString() })
    })
  }
}

function answer(description: string, statuses: readonly string[], example: object) {
  const schema = Type.Object({
    status: choice(statuses),
    reasons: Type.Optional(Type.Array(Type.String())),
    since: Type.Optional(instant('Since when.')),
  })
  return { description, content: { 'application/json': { schema, example } } }
}

const LIVE = {
  operationId: 'getLiveness',
  summary: 'Is the process alive?',
  description: 'Answers as soon as the process serves requests at all.',
  tags: ['operations'],
  security: [],
  response: { 200: answer('It is.', ['ok'], { status: 'ok' }) },
}

const READY = {
  operationId: 'getReadiness',
  summary: 'Does the process take requests?',
  description:
    '503 only for reasons of this process: it starts, or is about to stop. Databricks or a shared ledger in trouble is ' +
    '200 with status degraded: another replica would have the same trouble.',
  tags: ['operations'],
  security: [],
  response: {
    200: answer('It does.', ['ready', 'degraded'], { status: 'ready' }),
    503: answer('Not yet, or no longer.', ['starting', 'draining'], { status: 'draining' }),
  },
}
