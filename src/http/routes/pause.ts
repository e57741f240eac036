import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { closest } from 'fastest-levenshtein'
import type { FastifyRequest } from 'fastify'
import type { Caller } from '../../callers/permissions.ts'
import type { Clock } from '../../clock.ts'
import type { Config } from '../../config/schema.ts'
import type { AuditEvent } from '../../runs/audit.ts'
import { GatewayError } from '../../runs/errors.ts'
import type { Pause, PauseTarget } from '../../runs/pause.ts'
import type { Pauses } from '../../runs/pauses.ts'
import { callerOf } from '../call.ts'
import type { Guard } from '../guard.ts'
import { readInstant } from '../instant.ts'
import { presentPause } from '../present-pause.ts'
import { COMMON_ERRORS, errorAnswers } from '../schemas/answers.ts'
import { examplePause, type PauseBody, PauseBodySchema, type TargetBody, TargetSchema } from '../schemas/pause.ts'

export interface PauseRouteDeps {
  pauses: Pick<Pauses, 'pause' | 'resume' | 'inForce' | 'refresh'>
  guard: Guard
  clock: Clock
}

/** POST /admin/pause, POST /admin/resume, and, beyond the contract, GET /admin/pauses: a pause must not be forgotten. */
export function pauseRoutes({ pauses, guard, clock }: PauseRouteDeps): FastifyPluginAsyncTypebox {
  /** Those that the caller may see: a job that it does not see is none. */
  function presentAll(caller: Caller) {
    const seen = pauses.inForce().filter(({ scope, name }) => scope !== 'job' || caller.sees(name))
    return seen.map(presentPause)
  }

  return async (app) => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'string' }, async (_request: FastifyRequest, text: string) =>
      readBody(text),
    )
    const options = {
      onRequest: guard('admin'),
      // No body at all is an empty one.
      preValidation: async (request: FastifyRequest) => {
        request.body ??= {}
      },
    }

    app.post('/admin/pause', { ...options, schema: PAUSE, config: { audit: 'pause' } }, async (request, reply) => {
      const { body, call } = request
      const caller = callerOf(request)
      if (body.job !== undefined) call.job = body.job
      const target = readTarget(caller, body, call.config, [])
      const pause: Pause = {
        ...target,
        ...readPause(body, clock.now()),
        paused_by: caller.name,
        paused_at: clock.now(),
      }
      const event = describeEvent('pause', request, pause)
      await pauses.pause(pause, event)
      call.detail = event.detail
      call.answer = 'applied'
      return reply.header('cache-control', 'no-store').send(presentPause(pause))
    })

    app.post('/admin/resume', { ...options, schema: RESUME, config: { audit: 'resume' } }, async (request, reply) => {
      const { body, call } = request
      const caller = callerOf(request)
      if (body.job !== undefined) call.job = body.job
      const target = readTarget(caller, body, call.config, pauses.inForce())
      const event = describeEvent('resume', request, target)
      const ended = await pauses.resume(target, event)
      call.detail = event.detail
      call.answer = ended ? 'applied' : 'unchanged'
      const answer = { ended: ended ? presentPause(ended) : null, pauses: presentAll(caller) }
      return reply.header('cache-control', 'no-store').send(answer)
    })

    app.get('/admin/pauses', { onRequest: guard('admin'), schema: LIST }, async (request, reply) => {
      // Also what another process has changed this very moment.
      await pauses.refresh()
      return reply.header('cache-control', 'no-store').send({ pauses: presentAll(callerOf(request)) })
    })
  }
}

/** JSON under any content type. */
function readBody(text: string): unknown {
  if (text.trim() === '') return {}
  try {
    return JSON.parse(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const example = JSON.stringify({ job: 'nightly-load', message: 'Why.' })
    throw new GatewayError('invalid-request', `The body is no JSON (${reason}). Send one such as ${example}, or none.`)
  }
}

/**
 * What is to be paused or resumed: what is configured, or is paused still (`paused`).
 * @throws GatewayError invalid-request, unknown-job, forbidden
 */
function readTarget(
  caller: Caller,
  { workspace, job }: TargetBody,
  { workspaces, jobs }: Pick<Config, 'workspaces' | 'jobs'>,
  paused: readonly Pause[],
): PauseTarget {
  const namesIn = (scope: PauseTarget['scope'], configured: object) => [
    ...Object.keys(configured),
    ...paused.filter((pause) => pause.scope === scope).map(({ name }) => name),
  ]
  if (job !== undefined && workspace !== undefined) {
    throw new GatewayError(
      'invalid-request',
      'workspace and job do not go together: a job has one workspace. Send one.',
    )
  }
  if (job !== undefined) {
    const seen = namesIn('job', jobs).filter(caller.sees)
    if (!seen.includes(job)) throw new GatewayError('unknown-job', `There is no job ${suggest(job, seen)}`)
    return { scope: 'job', name: job }
  }
  if (!caller.seesAll) {
    const detail = `Client ${caller.name} does not see every job (jobs: ["*"]), so it may pause and resume only single ones. Send job.`
    throw new GatewayError('forbidden', detail)
  }
  if (workspace === undefined) return { scope: 'all', name: '' }
  const known = namesIn('workspace', workspaces)
  if (known.includes(workspace)) return { scope: 'workspace', name: workspace }
  throw new GatewayError('invalid-request', `There is no workspace ${suggest(workspace, known)}`)
}

function suggest(name: string, known: string[]): string {
  const near = known.length > 0 ? `; did you mean ${closest(name, known)}?` : '.'
  return `${JSON.stringify(name)}${near}`
}

/** @throws GatewayError invalid-request */
function readPause({ mode = 'hold', message = '', until }: PauseBody, now: number) {
  if (/\p{Cc}/u.test(message)) throw new GatewayError('invalid-request', 'message stands on one line.')
  const until_at = until === undefined ? null : readInstant('until', until)
  if (until_at !== null && until_at <= now) {
    throw new GatewayError(
      'invalid-request',
      `until is ${JSON.stringify(until)}, which is over. Send an instant ahead.`,
    )
  }
  return { mode, message, until_at }
}

function describeEvent(action: 'pause' | 'resume', request: FastifyRequest, what: PauseTarget | Pause): AuditEvent {
  const { name: client, key_id } = callerOf(request)
  const { scope, name } = what
  const told = 'mode' in what ? { mode: what.mode, message: what.message, until: presentPause(what).until } : {}
  return {
    at: request.call.arrivedAt,
    ...{ action, result: 'applied', client, key_id, remote_address: request.ip },
    workspace: scope === 'workspace' ? name : null,
    job: scope === 'job' ? name : null,
    ...{ run_id: null, attempt: null, ref: null },
    detail: { scope, name: name === '' ? null : name, ...told },
  }
}

/** Least of all may a target in the query be taken for none. */
const NO_OPTIONS = Type.Object({}, { additionalProperties: false })

const PAUSES = Type.Array(Type.Ref('Pause'), { description: 'All that are in force, of what this client may see.' })

const PAUSE = {
  operationId: 'pause',
  summary: 'Pause starts',
  description:
    'From now on nothing new is submitted to Databricks: of all jobs, of a workspace, or of one job. Starts are ' +
    'accepted as SUBMITTING and submitted in order when the pause ends, their deadline standing still, or refused. ' +
    'Attach, replay, reads and cancels go on, and so do runs in Databricks. A pause that is there is replaced. All but ' +
    'single jobs take a client that sees every job.',
  tags: ['operations'],
  querystring: NO_OPTIONS,
  body: PauseBodySchema,
  response: {
    200: {
      description: 'The pause, in force on every replica.',
      content: { 'application/json': { schema: Type.Ref('Pause'), example: examplePause } },
    },
    ...errorAnswers(...COMMON_ERRORS, 'invalid-request', 'too-large', 'unknown-job'),
  },
}

const RESUME = {
  operationId: 'resume',
  summary: 'End a pause',
  description:
    'Ends the pause of all, of a workspace or of a job, and what it held is submitted, first come first served. Other ' +
    'pauses stay. Where nothing is paused, nothing is done.',
  tags: ['operations'],
  querystring: NO_OPTIONS,
  body: TargetSchema,
  response: {
    200: {
      description: 'What was ended, and what is still in force.',
      content: {
        'application/json': {
          schema: Type.Object({
            ended: Type.Unsafe<object | null>(
              Type.Union([Type.Ref('Pause'), Type.Null()], { description: 'Null: nothing was paused there.' }),
            ),
            pauses: PAUSES,
          }),
          example: { ended: { ...examplePause, until: '2026-11-23T05:12:40.000Z' }, pauses: [] },
        },
      },
    },
    ...errorAnswers(...COMMON_ERRORS, 'invalid-request', 'too-large', 'unknown-job'),
  },
}

const LIST = {
  operationId: 'listPauses',
  summary: 'List what is paused',
  description: 'Every pause that is in force, of what this client may see.',
  tags: ['operations'],
  querystring: NO_OPTIONS,
  response: {
    200: {
      description: 'The pauses.',
      content: {
        'application/json': { schema: Type.Object({ pauses: PAUSES }), example: { pauses: [examplePause] } },
      },
    },
    ...errorAnswers(...COMMON_ERRORS, 'invalid-request'),
  },
}
