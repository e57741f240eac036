import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Static, Type } from '@sinclair/typebox'
import type { Config } from '../../config/schema.ts'
import { GatewayError } from '../../runs/errors.ts'
import type { ListFilter, Read } from '../../runs/read.ts'
import { ACTIVE_STATES, DONE_STATES, type Run, type State } from '../../runs/run.ts'
import { callerOf } from '../call.ts'
import { decodeCursor, leadOn } from '../cursor.ts'
import type { Guard } from '../guard.ts'
import { readInstant } from '../instant.ts'
import type { Links } from '../links.ts'
import type { RunAnswers } from '../run-answers.ts'
import { COMMON_ERRORS, errorAnswers } from '../schemas/answers.ts'
import { exampleRuns } from '../schemas/examples.ts'
import { choice } from '../schemas/types.ts'

export interface ListRouteDeps {
  read: Read
  guard: Guard
  answers: RunAnswers
  links: Links
}

const MAX_LIMIT = 200
const STATES: readonly string[] = [...ACTIVE_STATES, ...DONE_STATES]

const QuerySchema = Type.Partial(
  Type.Object({
    job: Type.String({ description: 'Only runs of this job.' }),
    state: Type.String({ description: `One of ${STATES.join(', ')}, in any case.` }),
    result: Type.String({ description: 'OK or KO, in any case.' }),
    client: Type.String({ description: 'Only runs that this client triggered.' }),
    key: Type.String({ description: 'Only runs of this key.' }),
    ref: Type.String({ description: 'Only runs of this ref; a prefix when it ends in `*`, such as SALES/*.' }),
    since: Type.String({
      description: 'Triggered then or later: an instant such as 2026-11-22T20:00:00Z, or a day for its start in UTC.',
    }),
    until: Type.String({ description: 'Triggered then or earlier.' }),
    limit: Type.Integer({ minimum: 1, maximum: MAX_LIMIT, default: 50, description: 'Most runs of one answer.' }),
    cursor: Type.String({ description: 'Where the next page begins: next_cursor of the page before.' }),
    format: choice(['json', 'text'], { description: 'text: one run a line.' }),
  }),
  { additionalProperties: false },
)
type Query = Static<typeof QuerySchema>

/** GET /runs */
export function listRoute({ read, guard, answers, links }: ListRouteDeps): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get('/runs', { schema: SCHEMA, onRequest: guard('read') }, async (request, reply) => {
      const { query, call } = request
      const { runs, next } = await read.list(callerOf(request), readFilter(query, call.config))
      const next_cursor = leadOn(request, reply, next, links)
      reply.header('cache-control', 'no-store')
      if (call.format !== 'json') return reply.type('text/plain; charset=utf-8').send(runs.map(presentLine).join(''))
      return reply.send({ runs: runs.map((run) => answers.present(request, run)), next_cursor })
    })
  }
}

function readFilter(query: Query, { clients }: Pick<Config, 'clients'>): ListFilter {
  const { job, key, ref, limit = 50, client, state, result, since, until, cursor } = query
  const { id } = (client !== undefined && Object.hasOwn(clients, client) && clients[client]) || { id: client }
  return {
    limit,
    ...(job === undefined ? {} : { job }),
    ...(key === undefined ? {} : { key }),
    ...(ref === undefined ? {} : { ref }),
    ...(id === undefined ? {} : { client_id: id }),
    ...(state === undefined ? {} : { state: readState(state) }),
    ...(result === undefined ? {} : { result: readResult(result) }),
    ...(since === undefined ? {} : { since: readInstant('since', since) }),
    ...(until === undefined ? {} : { until: readInstant('until', until) }),
    ...(cursor === undefined ? {} : { before: decodeCursor(cursor) }),
  }
}

function readState(text: string): State {
  const state = text.toUpperCase()
  const isState = (word: string): word is State => STATES.includes(word)
  if (isState(state)) return state
  throw new GatewayError('invalid-request', `state is ${JSON.stringify(text)}; it takes ${STATES.join(', ')}.`)
}

function readResult(text: string): 'OK' | 'KO' {
  const result = text.toUpperCase()
  if (result === 'OK' || result === 'KO') return result
  throw new GatewayError('invalid-request', `result is ${JSON.stringify(text)}; it takes OK or KO.`)
}

/** Fields with one space between: id, job, state, result (- while active), when it finished or was created, message. */
function presentLine({ id, job, created_at, attempt }: Run): string {
  const at = new Date(attempt.finished_at ?? created_at).toISOString()
  const message = attempt.message.replaceAll(/\s+/g, ' ')
  return `${id} ${job} ${attempt.state} ${attempt.result || '-'} ${at} ${message}\n`
}

const line = `${exampleRuns.succeeded.id} nightly-load SUCCEEDED OK 2026-11-22T20:12:31.000Z Ended well.\n`

const SCHEMA = {
  operationId: 'listRuns',
  summary: 'List runs',
  description:
    'Newest first, of the jobs that this client may see. As text: id, job, state, result (- while active), when it ' +
    'finished or else was created, and the message, with one space between. A list does not tell endings: a key whose ' +
    'run failed stays told only to those who read the run.',
  tags: ['runs'],
  querystring: QuerySchema,
  response: {
    200: {
      description: 'A page of runs. The Link header leads to the next one, if any.',
      content: {
        'application/json': {
          schema: Type.Object({
            runs: Type.Array(Type.Ref('Run')),
            next_cursor: Type.Unsafe<string | null>({
              type: ['string', 'null'],
              description: 'Null after the last page.',
            }),
          }),
          example: { runs: [exampleRuns.running], next_cursor: null },
        },
        'text/plain': { schema: Type.String(), example: line },
      },
    },
    ...errorAnswers(...COMMON_ERRORS, 'overloaded', 'invalid-request', 'unknown-job'),
  },
}
