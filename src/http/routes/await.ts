import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { GatewayError } from '../../runs/errors.ts'
import type { Read } from '../../runs/read.ts'
import type { Run } from '../../runs/run.ts'
import { LedgerError } from '../../runs/store.ts'
import { callerOf } from '../call.ts'
import type { Guard } from '../guard.ts'
import { CREDENTIALS } from '../openapi.ts'
import { type ReadOptions, readAwaitOptions } from '../options.ts'
import { readHeaders, startFrom } from '../request-options.ts'
import type { RunAnswers } from '../run-answers.ts'
import { errorAnswers, outcomeAnswers, runAnswers } from '../schemas/answers.ts'
import { exampleRuns } from '../schemas/examples.ts'
import { AwaitByKeyQuerySchema, AwaitQuerySchema } from '../schemas/options.ts'
import type { SignedLocations } from '../signed-location.ts'
import type { WaitForEnd } from '../waiting.ts'

export interface AwaitRouteDeps {
  read: Read
  guard: Guard
  answers: RunAnswers
  waitForEnd: WaitForEnd
  recognize: SignedLocations['recognize']
}

/** GET /runs/:id/await and GET /await?job=&key= */
export function awaitRoutes(deps: AwaitRouteDeps): FastifyPluginAsyncTypebox {
  const { read, guard, answers, waitForEnd, recognize } = deps

  /** Pollers end at the first answer that is not 202: a ledger in trouble is no end (design §3.3). */
  async function answer(
    request: FastifyRequest,
    reply: FastifyReply,
    options: ReadOptions,
    known: { id?: string; job?: string; key?: string },
    find: () => Promise<Run>,
  ) {
    if (request.call.curtailed) return answers.sendUnknown(request, reply, known, options)
    let run: Run
    try {
      run = await waitForEnd(request, await find(), options.waitMs)
    } catch (error) {
      if (!(error instanceof LedgerError)) throw error
      request.log.warn({ err: error }, 'an await goes on without the ledger')
      return answers.sendUnknown(request, reply, known, options)
    }
    return answers.send(request, reply, run, { options, accepted: 202 })
  }

  return async (app) => {
    const byId = { schema: BY_ID, onRequest: guard('read', { work: 'await', recognize }) }
    app.get('/runs/:id/await', byId, async (request, reply) => {
      const { workspace, ...query } = request.query
      const { id } = request.params
      const caller = callerOf(request)
      const options = readAwaitOptions(query, readHeaders(request), startFrom(request))
      if (request.call.grant) checkModest(options)
      return answer(request, reply, options, { id }, () => read.find(caller, id, workspace))
    })

    app.get('/await', { schema: BY_KEY, onRequest: guard('read', { work: 'await' }) }, async (request, reply) => {
      const { job, key, ...query } = request.query
      const caller = callerOf(request)
      const options = readAwaitOptions(query, readHeaders(request), startFrom(request))
      return answer(request, reply, options, { job, key }, () => read.findByKey(caller, job, key))
    })
  }
}

/** Who has an address may hold less than a key: what a client's own configuration shows is shown, and nothing asked for. */
function checkModest({ include: { attempts, output } }: ReadOptions): void {
  if (!attempts && output !== 'always') return
  const detail = "A signed Location shows the run alone: include=attempts and include=output take the client's own key."
  throw new GatewayError('forbidden', detail)
}

const ANSWERS = { ...runAnswers(200, 202), ...outcomeAnswers('run-failed', 'run-canceled') }
const ERRORS = [
  ...(['unauthenticated', 'forbidden', 'invalid-request', 'unknown-run', 'run-purged', 'internal'] as const),
  // While it is not known who calls.
  'issuer-unavailable',
  'rate-limited',
] as const

const BY_ID = {
  operationId: 'awaitRun',
  summary: 'Wait for the end of a run',
  description:
    'What Location points at: 202 while the run is active, then the status tells how it ended. Never 429 or 503 with a ' +
    'valid key: when the gateway cannot know, it is 202 with a longer Retry-After. The Location of a client with ' +
    '`signed_location` is taken as it stands, without credentials, for eight days: for this run only, and without ' +
    'include=attempts and include=output. Credentials that are sent all the same are what counts.',
  tags: ['runs'],
  security: [...CREDENTIALS, { signature: [] }],
  params: Type.Object({
    id: Type.String({
      description: 'The id that the trigger answered, or a Databricks run id.',
      examples: [exampleRuns.running.id],
    }),
  }),
  querystring: AwaitQuerySchema,
  response: { ...ANSWERS, ...errorAnswers(...ERRORS) },
}

const BY_KEY = {
  operationId: 'awaitRunByKey',
  summary: 'Wait for the end of a run by its key',
  description: "The same for the run that this client's key stands for.",
  tags: ['runs'],
  querystring: AwaitByKeyQuerySchema,
  response: { ...ANSWERS, ...errorAnswers(...ERRORS, 'unknown-job') },
}
