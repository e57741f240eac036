import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { ReadOutput } from '../../runs/output.ts'
import type { Read } from '../../runs/read.ts'
import { callerOf } from '../call.ts'
import type { Guard } from '../guard.ts'
import { presentOutput } from '../present-output.ts'
import { COMMON_ERRORS, errorAnswers } from '../schemas/answers.ts'
import { exampleRuns } from '../schemas/examples.ts'
import { exampleOutput, OutputSchema } from '../schemas/output.ts'
import { choice } from '../schemas/types.ts'

export interface OutputRouteDeps {
  read: Read
  readOutput: ReadOutput
  guard: Guard
}

/** What a scheduler's job log takes without complaint. */
const TEXT_BYTES = 1_000_000
const TAIL_LINES = 200
const TIMEOUT_MS = 20_000

/** GET /runs/:id/output */
export function outputRoute({ read, readOutput, guard }: OutputRouteDeps): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get('/runs/:id/output', { schema: SCHEMA, onRequest: guard('output') }, async (request, reply) => {
      const { task, tail = TAIL_LINES, workspace } = request.query
      const { call } = request
      const run = await read.find(callerOf(request), request.params.id, workspace)
      call.runId = run.id
      call.job = run.job
      const only = task === undefined ? {} : { task }
      const outputs = await readOutput(run, { ...only, deadline: call.arrivedAt + TIMEOUT_MS })
      reply.header('x-run-id', run.id).header('cache-control', 'no-store')
      if (call.format !== 'json') {
        const text = presentOutput(run, outputs, { tailLines: tail, maxBytes: TEXT_BYTES })
        return reply.type('text/plain; charset=utf-8').send(text)
      }
      const { state, number } = run.attempt
      const tasks = outputs.map((output) => ({ ...output, logs: lastLines(output.logs, tail) }))
      return reply.send({ id: run.id, job: run.job, state, attempt: number, tasks })
    })
  }
}

function lastLines(text: string | null, lines: number): string | null {
  return text === null ? null : text.trimEnd().split('\n').slice(-lines).join('\n')
}

const SCHEMA = {
  operationId: 'getRunOutput',
  summary: 'Read what a run left behind',
  description:
    "For each task of the latest attempt: error, trace, a notebook's exit value, the end of its logs. As text it is " +
    "made for a scheduler's job log. Databricks is asked once for an attempt that has ended.",
  tags: ['runs'],
  params: Type.Object({
    id: Type.String({
      description: 'The id that the trigger answered, or a Databricks run id.',
      examples: [exampleRuns.running.id],
    }),
  }),
  querystring: Type.Partial(
    Type.Object({
      task: Type.String({ minLength: 1, maxLength: 100, description: 'Only this task, by its key.' }),
      tail: Type.Integer({
        minimum: 1,
        maximum: 10_000,
        default: TAIL_LINES,
        description: 'Most lines of logs per task.',
      }),
      format: choice(['json', 'text'], { description: 'text: for a job log. Also `Accept: text/plain`.' }),
      workspace: Type.String({ description: 'Which workspace, when a Databricks run id is known in two.' }),
    }),
    { additionalProperties: false },
  ),
  response: {
    200: {
      description: 'The output of each task.',
      content: {
        'application/json': { schema: OutputSchema, example: exampleOutput },
        'text/plain': {
          schema: Type.String(),
          example: `run ${exampleRuns.succeeded.id} of nightly-load: SUCCEEDED, attempt 1\n`,
        },
      },
    },
    ...errorAnswers(
      ...COMMON_ERRORS,
      'overloaded',
      'invalid-request',
      'unknown-run',
      'run-purged',
      'databricks-unavailable',
    ),
  },
}
