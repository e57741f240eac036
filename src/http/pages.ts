import helmet from '@fastify/helmet'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Strangers } from './limits/strangers.ts'
import { docsRoutes } from './routes/docs.ts'
import { problemRoute } from './routes/problems.ts'

/** What people open in a browser, under a strict policy: only what the gateway itself serves is loaded and called. */
export function pages({ admit }: Pick<Strangers, 'admit'>): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.addHook('onRequest', (request, _reply, done) => done(admit(request)))
    await app.register(helmet, {
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'none'"],
          scriptSrc: ["'self'"],
          styleSrc: ["'self'"],
          imgSrc: ["'self'", 'data:'],
          connectSrc: ["'self'"],
          baseUri: ["'none'"],
          formAction: ["'none'"],
          frameAncestors: ["'none'"],
        },
      },
      // TLS ends wherever the operators end it, and it is theirs to say that there is no way around it.
      strictTransportSecurity: false,
    })
    await app.register(problemRoute())
    await app.register(docsRoutes())
  }
}
