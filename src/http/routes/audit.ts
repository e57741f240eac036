import { Readable } from 'node:stream'
import { scheduler } from 'node:timers/promises'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Static, Type } from '@sinclair/typebox'
import type { Caller } from '../../callers/permissions.ts'
import { AUDIT_ACTIONS, type AuditStore, type EventFilter, type RecordedEvent } from '../../runs/audit.ts'
import { GatewayError } from '../../runs/errors.ts'
import { checkSees } from '../../runs/read.ts'
import { callerOf } from '../call.ts'
import { decodeCursor, leadOn } from '../cursor.ts'
import type { Guard } from '../guard.ts'
import { readInstant } from '../instant.ts'
import type { Links } from '../links.ts'
import { chooseType } from '../preferences.ts'
import { csv, type EventFormat, ndjson, presentEvent } from '../present-event.ts'
import { COMMON_ERRORS, errorAnswers } from '../schemas/answers.ts'
import { exampleEvent } from '../schemas/event.ts'
import { choice } from '../schemas/types.ts'

export interface AuditRouteDeps {
  store: Pick<AuditStore, 'events'>
  guard: Guard
  links: Links
}

const MAX_LIMIT = 200

const QuerySchema = Type.Partial(
  Type.Object({
    since: Type.String({
      description: 'Then or later: an instant such as 2026-11-22T20:00:00Z, or a day for its start in UTC.',
    }),
    until: Type.String({ description: 'Then or earlier.' }),
    client: Type.String({ description: 'Only what this client did, by the name that it had.' }),
    job: Type.String({ description: 'Only what was done with this job.' }),
    run: Type.String({ description: 'Only what was done with this run, by the id of the gateway.' }),
    action: choice(AUDIT_ACTIONS, { description: 'Only this.' }),
    limit: Type.Integer({
      minimum: 1,
      maximum: MAX_LIMIT,
      description: 'Most events of one answer; left out: 50 as json, all of them as ndjson and csv.',
    }),
    cursor: Type.String({ description: 'Where the next page begins: next_cursor of the page before.' }),
    format: choice(['json', 'ndjson', 'csv'], { description: 'Instead of Accept.' }),
  }),
  { additionalProperties: false },
)
type Query = Static<typeof QuerySchema>

const EXPORTS: Partial<Record<NonNullable<Query['format']>, EventFormat>> = { ndjson, csv }
const BY_TYPE = { 'application/json': 'json', 'application/x-ndjson': 'ndjson', 'text/csv': 'csv' } as const
const TYPES = ['application/json', 'application/x-ndjson', 'text/csv'] as const

/** GET /admin/audit */
export function auditRoute({ store, guard, links }: AuditRouteDeps): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get('/admin/audit', { schema: SCHEMA, onRequest: guard('admin') }, async (request, reply) => {
      const { method, query, headers } = request
      const { format = BY_TYPE[chooseType(headers.accept, TYPES)], limit } = query
      checkMayRead(callerOf(request), query.job)
      const filter = readFilter(query)
      reply.header('cache-control', 'no-store')
      const exported = EXPORTS[format]
      if (exported) {
        const text = method === 'HEAD' ? [] : writeAll(store, filter, exported, limit)
        return reply.type(exported.type).send(Readable.from(text, { objectMode: false }))
      }
      const { events, next } = await readPage(store, { ...filter, limit: limit ?? 50 })
      return reply.send({ events: events.map(presentEvent), next_cursor: leadOn(request, reply, next, links) })
    })
  }
}

/** What was done with all jobs is for those who see all of them. @throws GatewayError forbidden, unknown-job */
function checkMayRead(caller: Caller, job: string | undefined): void {
  if (job !== undefined) checkSees(caller, job)
  else if (!caller.seesAll) {
    const detail = `Client ${caller.name} does not see every job (jobs: ["*"]), so it reads only what was done with single ones. Send job.`
    throw new GatewayError('forbidden', detail)
  }
}

function readFilter({ since, until, client, job, run, action, cursor }: Query): Omit<EventFilter, 'limit'> {
  return {
    ...(client === undefined ? {} : { client }),
    ...(job === undefined ? {} : { job }),
    ...(run === undefined ? {} : { run_id: run.toUpperCase() }),
    ...(action === undefined ? {} : { action }),
    ...(since === undefined ? {} : { since: readInstant('since', since) }),
    ...(until === undefined ? {} : { until: readInstant('until', until) }),
    ...(cursor === undefined ? {} : { before: decodeCursor(cursor) }),
  }
}

interface Page {
  events: RecordedEvent[]
  /** Where the next one goes on; undefined: this is the last. */
  next: string | undefined
}

async function readPage({ events }: AuditRouteDeps['store'], filter: EventFilter): Promise<Page> {
  // One more than asked for tells whether there is a next page.
  const found = await events({ ...filter, limit: filter.limit + 1 })
  const page = found.slice(0, filter.limit)
  return { events: page, next: found.length > filter.limit ? page.at(-1)?.id : undefined }
}

/** Reads a page when the one before was taken, so that any number of events needs little memory. */
async function* writeAll(
  store: AuditRouteDeps['store'],
  filter: Omit<EventFilter, 'limit'>,
  { head, write }: EventFormat,
  limit = Number.POSITIVE_INFINITY,
): AsyncGenerator<string> {
  let before = filter.before
  let text = head
  for (let left = limit; left > 0; left -= MAX_LIMIT) {
    const at: EventFilter = { ...filter, ...(before !== undefined && { before }), limit: Math.min(left, MAX_LIMIT) }
    const { events, next }: Page = await readPage(store, at)
    text += events.map(write).join('')
    if (text !== '') yield text
    text = ''
    if (next === undefined) return
    before = next
    // SQLite answers at once: others have their turn between two pages, however fast this caller reads.
    await scheduler.yield()
  }
}

const SCHEMA = {
  operationId: 'listAuditEvents',
  summary: 'Read who changed what',
  description:
    'Triggers, repairs, cancels, pauses and resumes that were accepted, and reloads of the configuration, newest first; ' +
    'kept for `ledger.audit_retention_days` (400), longer than the runs. What was refused, and repeats that started ' +
    'nothing, stand in the log only. A client that does not see every job says which one. As JSON page by page; as ' +
    'NDJSON or CSV everything that fits, in one answer. A text of CSV that a spreadsheet would take for a formula has an ' +
    'apostrophe before it.',
  tags: ['operations'],
  querystring: QuerySchema,
  response: {
    200: {
      description: 'The events. The Link header leads to the next page of JSON, if any.',
      content: {
        'application/json': {
          schema: Type.Object({
            events: Type.Array(Type.Ref('AuditEvent')),
            next_cursor: Type.Unsafe<string | null>({
              type: ['string', 'null'],
              description: 'Null after the last page.',
            }),
          }),
          example: { events: [presentEvent(exampleEvent)], next_cursor: null },
        },
        'application/x-ndjson': {
          schema: Type.Unsafe<Readable>({ type: 'string', description: 'An AuditEvent a line.' }),
          example: ndjson.write(exampleEvent),
        },
        'text/csv': {
          schema: Type.Unsafe<Readable>({
            type: 'string',
            description: 'A header, then one record an event; detail is JSON.',
          }),
          example: csv.head + csv.write(exampleEvent),
        },
      },
    },
    ...errorAnswers(...COMMON_ERRORS, 'invalid-request', 'unknown-job'),
  },
}
