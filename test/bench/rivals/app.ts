import { randomUUID } from 'node:crypto'
import fastify, { type FastifyBaseLogger } from 'fastify'
import { pino } from 'pino'

/** A Fastify application that logs one line a request, with the fields of the gateway's own, and does nothing else. */
export function createRival(fields: object) {
  const log: FastifyBaseLogger = pino(
    { timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (level) => ({ level }) } },
    pino.destination({ dest: 1, sync: false }),
  )
  const app = fastify({
    loggerInstance: log,
    logController: new fastify.LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    genReqId: () => randomUUID(),
  })
  app.addHook('onResponse', (request, reply, done) => {
    const line = {
      event: 'http.request',
      method: request.method,
      route: request.routeOptions.url,
      status: reply.statusCode,
      duration_ms: Math.round(reply.elapsedTime),
      ...fields,
    }
    request.log.info(line, 'request')
    done()
  })
  return app
}
