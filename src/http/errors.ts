import type { FastifyReply, FastifyRequest } from 'fastify'
import type { HttpFacts } from '../metrics/http.ts'
import { GatewayError } from '../runs/errors.ts'
import { LedgerError } from '../runs/store.ts'
import type { Links } from './links.ts'
import { avoidOutcomeWords } from './plain-words.ts'
import { PROBLEMS } from './problems.ts'
import type { ProblemObject } from './schemas/problem.ts'
import { describeFinding } from './validation.ts'

export interface ErrorDeps {
  links: Links
  facts: Pick<HttpFacts, 'refused'>
}

/** What Fastify's own errors, and those of its plug-ins, have. */
interface HttpError {
  code?: string
  statusCode?: number
  message: string
  validation?: Parameters<typeof describeFinding>[0][]
  validationContext?: string
}

export type AnswerError = (error: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply

/** The only place that answers errors: design §3.4. */
export function createAnswerError({ links, facts }: ErrorDeps): AnswerError {
  return (thrown, request, reply) => {
    const { call } = request
    const error = toGatewayError(thrown)
    const problem = PROBLEMS[error.code]
    if (error.code === 'internal') request.log.error({ err: thrown }, 'a request has failed')
    call.error = { code: error.code, internal: error.internal }
    facts.refused(call.caller?.name, error.code)

    const retryAfter = error.retryAfterSeconds ?? problem.retryAfterSeconds
    if (retryAfter !== undefined) reply.header('retry-after', Math.max(1, Math.ceil(retryAfter)))
    // Basic first: schedulers that ask before they send a credential take the first line that they know.
    if (error.code === 'unauthenticated') {
      reply.header('www-authenticate', ['Basic realm="databricks-job-gateway"', describeBearer(call.bearerFault)])
    }
    if (error.run) {
      reply.header('x-run-id', error.run.id)
      call.runId = error.run.id
      call.attempt = error.run.attempt.number
      call.shown = { run: error.run }
    }
    reply.header('cache-control', 'no-store').code(problem.status)

    // Whom callers may ask about errors of the gateway's own side.
    const { contact } = call.config.server
    const asks = contact !== undefined && problem.status >= 500 ? ` Contact: ${contact}.` : ''
    const detail = avoidOutcomeWords(error.detail + asks)
    if (call.format !== 'json') {
      return reply.type('text/plain; charset=utf-8').send(`ERROR ${error.code} ${detail.replaceAll(/\s+/g, ' ')}\n`)
    }
    const body: ProblemObject = {
      type: links.problem(request, error.code),
      title: problem.title,
      status: problem.status,
      detail,
      instance: request.url.split('?', 1)[0] ?? '/',
      code: error.code,
      retryable: problem.retryable,
      request_id: request.id,
      ...(error.run && { id: error.run.id, state: error.run.attempt.state }),
    }
    return reply.type('application/problem+json; charset=utf-8').send(JSON.stringify(body))
  }
}

/** RFC 6750 §3: what is wrong is told only to who sent something. */
function describeBearer(fault: string | undefined): string {
  return fault === undefined ? 'Bearer' : `Bearer error="invalid_token", error_description="${fault}"`
}

/** Foreign errors become ours; what is not the caller's fault says nothing of what happened inside. */
function toGatewayError(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown
  if (thrown instanceof LedgerError) {
    return new GatewayError('ledger-unavailable', 'The ledger of the gateway does not answer. Call again shortly.', {
      internal: thrown.message,
      cause: thrown,
    })
  }
  const error: HttpError = thrown instanceof Error ? thrown : { message: String(thrown) }
  const [finding] = error.validation ?? []
  if (finding) return new GatewayError('invalid-request', describeFinding(finding, error.validationContext ?? ''))
  // Fastify would show the whole address, whose query may hold a signature.
  if (error.code === 'FST_ERR_BAD_URL') {
    return new GatewayError('invalid-request', 'The path cannot be read: each % in it takes two hex digits.')
  }
  switch (error.statusCode) {
    case 413:
      return new GatewayError('too-large', 'The body of the request is too large.')
    case 404:
      return new GatewayError('not-found', 'There is nothing at this path.')
    case undefined:
      return internalError(thrown)
    default:
      if (error.statusCode >= 400 && error.statusCode < 500) {
        return new GatewayError('invalid-request', `${error.message}.`.replace(/\.\.$/, '.'))
      }
      return internalError(thrown)
  }
}

function internalError(cause: unknown): GatewayError {
  return new GatewayError(
    'internal',
    'The gateway has failed at this call. Report the request_id; a trigger with a key may be sent again.',
    { internal: cause instanceof Error ? cause.message : String(cause), cause },
  )
}
