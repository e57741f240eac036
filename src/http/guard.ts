import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import { type AuthenticationFailure, createAuthenticate, type Known } from '../callers/authenticate.ts'
import { onceFor } from '../config/once-for.ts'
import type { Permission } from '../config/schema/clients.ts'
import type { HttpFacts } from '../metrics/http.ts'
import { GatewayError } from '../runs/errors.ts'

/** A hook that lets only callers with this permission pass, before anything else of the request is looked at. */
export type Guard = (
  permission: Permission,
) => (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction) => void

const REASONS: Record<AuthenticationFailure, string> = {
  missing: 'The call carries no key.',
  unknown_key: 'The gateway does not know this key, or the user name of Basic is not the name of its client.',
  malformed: 'The key cannot be read, or two different ones were sent.',
}

export function createGuard(facts: Pick<HttpFacts, 'authenticationFailed'>): Guard {
  const authenticatorOf = onceFor(createAuthenticate)
  return (permission) => (request, _reply, done) => {
    const admit = (known: Known) => {
      if ('reason' in known) {
        facts.authenticationFailed(known.reason)
        done(
          new GatewayError(
            'unauthenticated',
            `${REASONS[known.reason]} Send a client's key as X-API-Key, as Authorization: Bearer, or as the password of Basic.`,
          ),
        )
        return
      }
      const { caller } = known
      request.call.caller = caller
      if (caller.may(permission)) done()
      else {
        const detail = `Client ${caller.name} lacks the permission ${permission}. Ask the operators of the gateway for it.`
        done(new GatewayError('forbidden', detail))
      }
    }
    const known = authenticatorOf(request.call.config.clients)(request.headers)
    // A key is known at once, so that its call goes on at once.
    if (known instanceof Promise) known.then(admit, done)
    else admit(known)
  }
}
