import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import swagger from '@fastify/swagger'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import fastify, { type FastifyBaseLogger, type FastifyInstance, type onRequestHookHandler } from 'fastify'
import type { Clock } from '../clock.ts'
import type { Config } from '../config/schema.ts'
import type { Metrics } from '../metrics.ts'
import type { CancelRun } from '../runs/cancel.ts'
import type { DryRun } from '../runs/dry-run.ts'
import { GatewayError } from '../runs/errors.ts'
import type { ReadOutput } from '../runs/output.ts'
import type { Pauses } from '../runs/pauses.ts'
import type { Read } from '../runs/read.ts'
import type { Refresh } from '../runs/refresh.ts'
import type { Repair } from '../runs/repair.ts'
import type { RunStore } from '../runs/store.ts'
import type { Tellings } from '../runs/tell.ts'
import type { Trigger } from '../runs/trigger.ts'
import type { Waits } from '../runs/wait.ts'
import type { UsualDurations } from '../runs/watch/usual.ts'
import { createAllowedMethods } from './allowed-methods.ts'
import { createAttend } from './attend.ts'
import { logAudited } from './audited.ts'
import { createAnswerClientError } from './client-error.ts'
import { createAnswerError } from './errors.ts'
import { createGuard, type GuardDeps } from './guard.ts'
import { createLimit } from './limits/limit.ts'
import type { LoadMeter } from './limits/load-meter.ts'
import { createSeats } from './limits/seats.ts'
import { createStrangers } from './limits/strangers.ts'
import { createLinks } from './links.ts'
import type { Listener } from './listener.ts'
import { openApiOptions } from './openapi.ts'
import { pages } from './pages.ts'
import { auditRoute } from './routes/audit.ts'
import { awaitRoutes } from './routes/await.ts'
import { cancelRoutes } from './routes/cancel.ts'
import { type Health, healthRoutes } from './routes/health.ts'
import { jobRoutes } from './routes/jobs.ts'
import { listRoute } from './routes/list.ts'
import { metricsRoute } from './routes/metrics.ts'
import { outputRoute } from './routes/output.ts'
import { pauseRoutes } from './routes/pause.ts'
import { repairRoute } from './routes/repair.ts'
import { runRoutes } from './routes/run.ts'
import { triggerRoute } from './routes/trigger.ts'
import { createRunAnswers } from './run-answers.ts'
import { EventSchema } from './schemas/event.ts'
import { JobSchema } from './schemas/job.ts'
import { PauseSchema } from './schemas/pause.ts'
import { ProblemSchema } from './schemas/problem.ts'
import { RunSchema } from './schemas/run.ts'
import { createSignedLocations, type SignedLocationDeps } from './signed-location.ts'
import { createWaitForEnd } from './waiting.ts'

export interface ServerDeps extends Pick<GuardDeps, 'authenticationOf'>, Pick<SignedLocationDeps, 'signingKeys'> {
  /** The configuration in force; each call keeps the one that it met. */
  current: () => Config
  store: Pick<RunStore, 'get' | 'attempts' | 'events'>
  trigger: Trigger
  dryRun: DryRun
  cancel: CancelRun
  repair: Repair
  refresh: Refresh
  readOutput: ReadOutput
  read: Read
  waits: Waits
  pauses: Pick<Pauses, 'of' | 'pause' | 'resume' | 'inForce' | 'refresh'>
  tellings: Tellings
  metrics: Pick<
    Metrics,
    | 'triggered'
    | 'canceled'
    | 'served'
    | 'waited'
    | 'curtailed'
    | 'refused'
    | 'authenticationFailed'
    | 'scrape'
    | 'contentType'
  >
  usual: UsualDurations
  health: () => Health
  /** Asked with each answer, where the whole of `health` would be too much. */
  isDraining: () => boolean
  meter: LoadMeter
  listener: Listener
  clock: Clock
  log: FastifyBaseLogger
  /** Goes with every request, from before anything else is done for it. */
  traceRequest?: onRequestHookHandler | undefined
}

/** A trigger's parameters come to 10,000 bytes in Databricks; a form may need three for one. */
const BODY_LIMIT_BYTES = 131_072
const REQUEST_ID = /^[A-Za-z0-9._-]{1,100}$/

/** The HTTP side, ready to listen: design §3. */
export async function createServer(deps: ServerDeps): Promise<FastifyInstance> {
  const { current, store, read, clock, metrics, usual } = deps
  const { trusted_proxies } = current().server

  const signed = createSignedLocations({ signingKeys: deps.signingKeys, clock })
  const links = createLinks(current, signed)
  const answerError = createAnswerError({ links, facts: metrics })
  const attend = createAttend({ current, clock, facts: metrics, tellings: deps.tellings })
  const { load } = deps.meter
  const strangers = createStrangers({ load, clock })
  const limit = createLimit({ load, clock, facts: metrics })
  const guard = createGuard({ authenticationOf: deps.authenticationOf, limit, strangers, facts: metrics })
  const seats = createSeats(metrics)
  const answers = createRunAnswers({ store, links, usual, clock, readOutput: deps.readOutput })
  const waitForEnd = createWaitForEnd({ waits: deps.waits, store, seats, clock, facts: metrics })
  const allowedMethods = createAllowedMethods()

  const app = fastify({
    loggerInstance: deps.log,
    // One line a request, written when it is over: attend.ts.
    logController: new fastify.LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    requestIdHeader: false,
    genReqId: chooseRequestId,
    trustProxy: trusted_proxies.length > 0 ? trusted_proxies : false,
    bodyLimit: BODY_LIMIT_BYTES,
    serverFactory: deps.listener.serverFactory,
    // Stopping is the program's matter: until it closes, everything is served.
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 256 },
    // strictNumbers would have infinity, which 1e309 is read as, pass by every bound.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: true, strictNumbers: false, verbose: true } },
    clientErrorHandler: createAnswerClientError({ links, log: deps.log }),
    frameworkErrors(error, request, reply) {
      attend(request, reply)
      answerError(error, request, reply)
    },
  }).withTypeProvider<TypeBoxTypeProvider>()

  // What routes send is what callers get; schemas of answers are documentation, and tests hold answers against them.
  app.setSerializerCompiler(() => (body) => JSON.stringify(body))
  app.removeAllContentTypeParsers()
  // Most routes take no body; what one means is each route's own matter.
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, text, done) => done(null, text))
  app.decorateRequest('call')
  if (deps.traceRequest) app.addHook('onRequest', deps.traceRequest)
  app.addHook('onRequest', (request, reply, done) => {
    attend(request, reply)
    done()
  })
  // Decided as late as can be: a connection kept by a call that came before would hold up the end for its idle time.
  app.addHook('onSend', (request, reply, _payload, done) => {
    if (deps.isDraining()) reply.header('connection', 'close')
    // Not when its answer was delivered: what was done is told of, also when its caller has gone.
    logAudited(request)
    done()
  })
  app.addHook('onClose', (_app, done) => {
    deps.meter.stop()
    done()
  })
  app.addHook('onRoute', ({ url, method }) => allowedMethods.add(url, method))
  app.setErrorHandler(answerError)
  app.setNotFoundHandler((request, reply) => {
    const refusal = strangers.admit(request)
    if (refusal) throw refusal
    const path = request.url.split('?', 1)[0] ?? '/'
    const allowed = allowedMethods.of(path)
    if (allowed.length === 0) throw new GatewayError('not-found', `There is nothing at ${path}. /docs lists all paths.`)
    reply.header('allow', allowed.join(', '))
    throw new GatewayError('method-not-allowed', `${path} takes ${allowed.join(', ')}; not ${request.method}.`)
  })

  app.addSchema(RunSchema)
  app.addSchema(ProblemSchema)
  app.addSchema(JobSchema)
  app.addSchema(PauseSchema)
  app.addSchema(EventSchema)
  await app.register(swagger, openApiOptions())

  await app.register(
    triggerRoute({ trigger: deps.trigger, dryRun: deps.dryRun, guard, answers, waitForEnd, facts: metrics }),
  )
  await app.register(listRoute({ read, guard, answers, links }))
  await app.register(runRoutes({ read, refresh: deps.refresh, guard, answers, waitForEnd }))
  await app.register(cancelRoutes({ read, cancel: deps.cancel, guard, answers, seats, facts: metrics }))
  await app.register(repairRoute({ read, repair: deps.repair, guard, answers, waitForEnd }))
  await app.register(outputRoute({ read, readOutput: deps.readOutput, guard }))
  await app.register(awaitRoutes({ read, guard, answers, waitForEnd, recognize: signed.recognize }))
  await app.register(jobRoutes({ read, usual, pauses: deps.pauses, guard, answers }))
  await app.register(pauseRoutes({ pauses: deps.pauses, guard, clock }))
  await app.register(auditRoute({ store, guard, links }))
  await app.register(healthRoutes({ health: deps.health }))
  await app.register(metricsRoute({ metrics, guard }))
  await app.register(pages(strangers))

  return app
}

/** The caller's own id, when it is fit to be logged and sent back. */
function chooseRequestId({ headers }: IncomingMessage): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID()
}
