import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { Read } from '../../runs/read.ts'
import type { Refresh } from '../../runs/refresh.ts'
import { callerOf } from '../call.ts'
import type { Guard } from '../guard.ts'
import { readReadOptions } from '../options.ts'
import { readHeaders, startFrom } from '../request-options.ts'
import type { RunAnswers } from '../run-answers.ts'
import { COMMON_ERRORS, errorAnswers, outcomeAnswers, runAnswers } from '../schemas/answers.ts'
import { exampleRuns } from '../schemas/examples.ts'
import { RefreshQuerySchema, RunByKeyQuerySchema, RunQuerySchema } from '../schemas/options.ts'
import type { WaitForEnd } from '../waiting.ts'

export interface RunRouteDeps {
  read: Read
  refresh: Refresh
  guard: Guard
  answers: RunAnswers
  waitForEnd: WaitForEnd
}

/** GET /runs/:id, GET /run?job=&key= and POST /runs/:id/refresh */
export function runRoutes({ read, refresh, guard, answers, waitForEnd }: RunRouteDeps): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get('/runs/:id', { schema: BY_ID, onRequest: guard('read') }, async (request, reply) => {
      const caller = callerOf(request)
      const options = readReadOptions(request.query, readHeaders(request), startFrom(request))
      const found = await read.find(caller, request.params.id, request.query.workspace)
      const run = await waitForEnd(request, found, options.waitMs)
      return answers.send(request, reply, run, { options, accepted: 200 })
    })

    app.post('/runs/:id/refresh', { schema: REFRESH, onRequest: guard('read') }, async (request, reply) => {
      const { workspace, ...query } = request.query
      const caller = callerOf(request)
      const options = readReadOptions(query, readHeaders(request), startFrom(request))
      const run = await refresh(await read.find(caller, request.params.id, workspace))
      return answers.send(request, reply, run, { options, accepted: 200 })
    })

    app.get('/run', { schema: BY_KEY, onRequest: guard('read') }, async (request, reply) => {
      const { job, key, ...query } = request.query
      const caller = callerOf(request)
      const options = readReadOptions(query, readHeaders(request), startFrom(request))
      const found = await read.findByKey(caller, job, key)
      const run = await waitForEnd(request, found, options.waitMs)
      return answers.send(request, reply, run, { options, accepted: 200 })
    })
  }
}

const ANSWERS = { ...runAnswers(200, 202), ...outcomeAnswers('run-failed', 'run-canceled', 'run-active') }

const BY_ID = {
  operationId: 'getRun',
  summary: 'Read a run',
  description:
    'The run as the gateway knows it; Databricks is not asked. Always 200, unless outcome=http is asked for.',
  tags: ['runs'],
  params: Type.Object({
    id: Type.String({
      description: 'The id that the trigger answered, or a Databricks run id.',
      examples: [exampleRuns.running.id],
    }),
  }),
  querystring: RunQuerySchema,
  response: {
    ...ANSWERS,
    ...errorAnswers(...COMMON_ERRORS, 'overloaded', 'invalid-request', 'unknown-run', 'run-purged'),
  },
}

const REFRESH = {
  operationId: 'refreshRun',
  summary: 'Look at a run in Databricks now',
  description:
    'Asks Databricks once, instead of waiting for the next look of the gateway. A run that had ended is taken up again ' +
    'when somebody repaired it in Databricks.',
  tags: ['runs'],
  params: BY_ID.params,
  querystring: RefreshQuerySchema,
  response: {
    ...runAnswers(200),
    ...errorAnswers(
      ...COMMON_ERRORS,
      'overloaded',
      'invalid-request',
      'unknown-run',
      'run-purged',
      'too-large',
      'databricks-unavailable',
    ),
  },
}

const BY_KEY = {
  operationId: 'getRunByKey',
  summary: 'Read a run by its key',
  description: "The run that this client's key stands for, for a caller that never learnt the id.",
  tags: ['runs'],
  querystring: RunByKeyQuerySchema,
  response: {
    ...ANSWERS,
    ...errorAnswers(...COMMON_ERRORS, 'overloaded', 'invalid-request', 'unknown-job', 'unknown-run', 'run-purged'),
  },
}
