import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import type { Authenticate, Known } from '../callers/authenticate.ts'
import type { Permission } from '../config/schema/clients.ts'
import type { Config } from '../config/schema.ts'
import type { HttpFacts } from '../metrics/http.ts'
import { GatewayError } from '../runs/errors.ts'
import { CREDENTIAL_FAULTS, describeFault } from './credential-faults.ts'
import type { Limit } from './limits/limit.ts'
import type { Strangers } from './limits/strangers.ts'
import { WORK_OF, type Work } from './limits/work.ts'

/** Who calls without a credential; undefined when nothing tells. */
type Recognize = (request: FastifyRequest) => Known | undefined

interface GuardOptions {
  recognize?: Recognize
  /** What its calls are; left out: what calls with this permission are. */
  work?: Work
}

/**
 * A hook that lets only callers with this permission pass, and no more of them than may, before anything else of the
 * request is looked at.
 */
export type Guard = (
  permission: Permission,
  options?: GuardOptions,
) => (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction) => void

export interface GuardDeps {
  /** By the configuration that the call met. */
  authenticationOf: (config: Config) => Authenticate
  limit: Limit
  strangers: Strangers
  facts: Pick<HttpFacts, 'authenticationFailed'>
}

export function createGuard({ authenticationOf, limit, strangers, facts }: GuardDeps): Guard {
  function refuse(
    { call, headers }: FastifyRequest,
    { reason, why }: Extract<Known, { reason: string }>,
  ): GatewayError {
    facts.authenticationFailed(reason)
    const internal = why === undefined ? reason : `${reason}: ${why}`
    if (reason === 'issuer_unavailable') {
      const detail = 'The issuer of the token cannot be asked for its keys. Send the same call again shortly.'
      return new GatewayError('issuer-unavailable', detail, { internal })
    }
    if (/^bearer\b/i.test(headers.authorization ?? '')) call.bearerFault = CREDENTIAL_FAULTS[reason]
    return new GatewayError('unauthenticated', describeFault(reason), { internal })
  }

  return (permission, { recognize, work = WORK_OF[permission] } = {}) =>
    (request, reply, done) => {
      const admit = (found: Known) => {
        const known = ('reason' in found && found.reason === 'missing' && recognize?.(request)) || found
        if ('reason' in known) {
          strangers.refuse(request, known.reason, refuse(request, known)).then(done, done)
          return
        }
        const { caller } = known
        request.call.caller = caller
        strangers.welcome(request)
        const refusal = limit(request, reply, work)
        if (refusal) done(refusal)
        else if (caller.may(permission)) done()
        else {
          const detail = `Client ${caller.name} lacks the permission ${permission}. Ask the operators of the gateway for it.`
          done(new GatewayError('forbidden', detail))
        }
      }
      const known = authenticationOf(request.call.config)(request.headers)
      // A key is known at once, so that its call goes on at once.
      if (known instanceof Promise) known.then(admit, done)
      else admit(known)
    }
}
