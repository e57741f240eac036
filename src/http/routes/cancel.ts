import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Static, Type } from '@sinclair/typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { RunFacts } from '../../metrics/runs.ts'
import type { CancelRun } from '../../runs/cancel.ts'
import type { Read } from '../../runs/read.ts'
import type { Run } from '../../runs/run.ts'
import { isDone } from '../../runs/run.ts'
import { isForm } from '../body.ts'
import { callerOf } from '../call.ts'
import type { Guard } from '../guard.ts'
import type { Seats } from '../limits/seats.ts'
import { readCancelOptions } from '../options.ts'
import { checkOwn } from '../own-run.ts'
import { readHeaders, startFrom } from '../request-options.ts'
import type { RunAnswers } from '../run-answers.ts'
import { COMMON_ERRORS, errorAnswers, runAnswers } from '../schemas/answers.ts'
import { exampleRuns } from '../schemas/examples.ts'
import { CancelByKeyQuerySchema, CancelQuerySchema } from '../schemas/options.ts'

export interface CancelRouteDeps {
  read: Read
  cancel: CancelRun
  guard: Guard
  answers: RunAnswers
  seats: Seats
  facts: Pick<RunFacts, 'canceled'>
}

/** POST /runs/:id/cancel, DELETE /runs/:id and POST /cancel?job=&key= */
export function cancelRoutes(deps: CancelRouteDeps): FastifyPluginAsyncTypebox {
  const { read, cancel, guard, answers, seats, facts } = deps

  /** The status is about the cancel: 200 it is over, 202 not yet proved. */
  async function answer(
    request: FastifyRequest,
    reply: FastifyReply,
    query: Static<typeof CancelQuerySchema>,
    found: Run,
  ) {
    const caller = callerOf(request)
    checkOwn(caller, found)
    const starting = startFrom(request)
    const options = readCancelOptions(query, readHeaders(request), starting)
    const { call } = request
    call.ref = options.ref
    const wasOver = isDone(found.attempt.state)
    // Without a seat it is asked for all the same, and nobody waits for the proof.
    const leave = options.waitMs > 0 ? seats.take(request) : undefined
    const run = await cancel(found, {
      client: caller.name,
      key_id: caller.key_id,
      ref: options.ref ?? null,
      remote_address: request.ip,
      until: call.arrivedAt + (leave ? options.waitMs : 0),
      signal: call.signal,
    }).finally(leave)
    call.answer = wasOver ? 'already_over' : isDone(run.attempt.state) ? 'over' : 'asked'
    facts.canceled(run.job, call.answer)
    const message = wasOver ? sayWasOver(run) : undefined
    // A job that repeats its trigger while it is active has not seen the ending: it would start again what was canceled.
    const tells = starting.dialect.pending !== 'error'
    return answers.send(request, reply, run, { options, accepted: 202, message, tells })
  }

  return async (app) => {
    const byId = { onRequest: guard('cancel'), config: { audit: 'cancel' } } as const
    app.post('/runs/:id/cancel', { ...byId, schema: BY_ID }, async (request, reply) => {
      const { workspace, ...query } = request.query
      return answer(request, reply, query, await read.find(callerOf(request), request.params.id, workspace))
    })
    app.delete('/runs/:id', { ...byId, schema: BY_DELETE }, async (request, reply) => {
      const { workspace, ...query } = request.query
      return answer(request, reply, query, await read.find(callerOf(request), request.params.id, workspace))
    })
    app.post('/cancel', { ...byId, schema: BY_KEY, preValidation: takeForm }, async (request, reply) => {
      const { job, key, ...query } = request.query
      request.call.job = job
      return answer(request, reply, query, await read.findByKey(callerOf(request), job, key))
    })
  }
}

/** Callers that send nothing but forms (Broadcom) have the same names there; what the query says wins. */
async function takeForm({ body, query, headers }: FastifyRequest): Promise<void> {
  if (typeof body !== 'string' || !isForm(headers['content-type'])) return
  const given = query as Record<string, unknown>
  for (const [name, value] of new URLSearchParams(body)) given[name] ??= value
}

function sayWasOver({ attempt }: Run): string {
  return attempt.result === 'OK'
    ? 'It was already over, and had ended well.'
    : `It was already over. ${attempt.message}`
}

const RESPONSE = {
  ...runAnswers(200, 202),
  ...errorAnswers(...COMMON_ERRORS, 'invalid-request', 'unknown-run', 'run-purged', 'too-large'),
}

const BY_ID = {
  operationId: 'cancelRun',
  summary: 'Cancel a run',
  description:
    'The wish is kept until the run is over, through outages and restarts. The status is about the cancel: 200 when ' +
    'the run is over (also when it was already), 202 while that is not proved yet; `wait` bounds how long to wait for ' +
    'the proof. Runs of other clients take the permission admin.',
  tags: ['runs'],
  params: Type.Object({
    id: Type.String({
      description: 'The id that the trigger answered, or a Databricks run id.',
      examples: [exampleRuns.running.id],
    }),
  }),
  querystring: CancelQuerySchema,
  response: RESPONSE,
}

const BY_DELETE = {
  ...BY_ID,
  operationId: 'cancelRunByDelete',
  summary: 'Cancel a run (as DELETE)',
  description: 'The same as POST /runs/{id}/cancel. Nothing is deleted: the run stays in the ledger.',
}

const BY_KEY = {
  operationId: 'cancelRunByKey',
  summary: 'Cancel a run by its key',
  description:
    "The same for the run that this client's key stands for, for a caller that never learnt the id. The parameters may " +
    'also be sent as a form.',
  tags: ['runs'],
  querystring: CancelByKeyQuerySchema,
  response: { ...RESPONSE, ...errorAnswers('unknown-job', 'unknown-run') },
}
