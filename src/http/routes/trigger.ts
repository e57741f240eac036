import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { FastifyReply } from 'fastify'
import type { DatabricksError } from '../../databricks/errors.ts'
import type { RunFacts } from '../../metrics/runs.ts'
import type { DryRun, Forecast } from '../../runs/dry-run.ts'
import { type ErrorCode, GatewayError } from '../../runs/errors.ts'
import type { Order } from '../../runs/intent.ts'
import { checkJob } from '../../runs/read.ts'
import type { Run } from '../../runs/run.ts'
import { isDone } from '../../runs/run.ts'
import type { Trigger } from '../../runs/trigger.ts'
import { readBody } from '../body.ts'
import { callerOf, type Format } from '../call.ts'
import { presentForecast } from '../forecast.ts'
import { collectParameters } from '../given-parameters.ts'
import type { Guard } from '../guard.ts'
import { readTriggerOptions } from '../options.ts'
import { readHeaders, startFrom } from '../request-options.ts'
import type { RunAnswers } from '../run-answers.ts'
import { COMMON_ERRORS, errorAnswers, outcomeAnswers, runAnswers } from '../schemas/answers.ts'
import { RUN_OR_FORECAST } from '../schemas/forecast.ts'
import { TriggerBodySchema, TriggerQuerySchema } from '../schemas/options.ts'
import type { WaitForEnd } from '../waiting.ts'

export interface TriggerRouteDeps {
  trigger: Trigger
  dryRun: DryRun
  guard: Guard
  answers: RunAnswers
  waitForEnd: WaitForEnd
  facts: Pick<RunFacts, 'triggered'>
}

/** POST /trigger/:job */
export function triggerRoute(deps: TriggerRouteDeps): FastifyPluginAsyncTypebox {
  const { trigger, answers, waitForEnd, facts } = deps

  return async (app) => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'string' }, (request, text, done) => {
      done(null, readBody(String(text), request.headers['content-type']))
    })

    app.post(
      '/trigger/:job',
      {
        schema: SCHEMA,
        config: { audit: 'trigger' },
        onRequest: deps.guard('trigger'),
        preValidation: async (request) => {
          // No body at all is an empty one.
          request.body ??= {}
          const { format } = request.body
          if (format === 'text' || format === 'result') request.call.format = format
        },
        onError: async ({ params, call }) => {
          if (call.caller && !call.answer) facts.triggered((params as { job: string }).job, call.caller.name, 'refused')
        },
      },
      async (request, reply) => {
        const { params, query, body, call } = request
        const caller = callerOf(request)
        call.job = params.job
        const { jobs, workspaces } = call.config
        const job = checkJob(caller, params.job, jobs)
        const workspace_host = workspaces[job.workspace]?.host
        if (workspace_host === undefined) throw new Error(`job ${params.job} has no workspace`)

        const options = readTriggerOptions(query, body, readHeaders(request), {
          ...startFrom(request),
          job,
        })
        call.ref = options.ref
        call.dryRun = options.dryRun
        const order: Order = {
          client: { id: caller.id, name: caller.name, key_id: caller.key_id },
          job: params.job,
          definition: job,
          workspace_host,
          parameters: collectParameters(job, query, body),
          key: options.key,
          ref: options.ref,
          rerun: options.rerun,
          rerun_id: options.rerun_id,
          date_input: caller.config.date_input,
          start_within_ms: options.start_within_ms,
          remote_address: request.ip,
          arrived_at: call.arrivedAt,
          signal: call.signal,
        }
        if (options.dryRun) {
          const forecast = await deps.dryRun(order)
          facts.triggered(params.job, caller.name, 'dry_run')
          return sendForecast(reply, call.format, order, forecast)
        }
        const triggered = await trigger(order)
        call.answer = triggered.answer
        facts.triggered(params.job, caller.name, triggered.answer)
        if (triggered.refusal) throw refused(triggered.run, triggered.refusal)

        const had = isDone(triggered.run.attempt.state) ? 'ended' : 'under-way'
        const replay = triggered.replayed ? had : undefined
        const run = await waitForEnd(request, triggered.run, options.waitMs)
        const { accepted, rerun_id: rerunId } = options
        return answers.send(request, reply, run, { options, accepted, replay, rerunId })
      },
    )
  }
}

function sendForecast(reply: FastifyReply, format: Format, order: Order, forecast: Forecast) {
  const presented = presentForecast(order, forecast)
  reply.header('cache-control', 'no-store')
  if (format !== 'json') return reply.type('text/plain; charset=utf-8').send(`${presented.message}\n`)
  return reply.send(presented)
}

const REFUSALS: Partial<Record<DatabricksError['kind'], [ErrorCode, string]>> = {
  denied: ['databricks-denied', "Databricks does not let the gateway's own service principal run this job"],
  missing: ['databricks-job-missing', 'Databricks does not know the job of the catalogue'],
}

function refused(run: Run, { kind, errorCode, message, requestId }: DatabricksError): GatewayError {
  const [code, what] = REFUSALS[kind] ?? ['databricks-refused', 'Databricks refused the run']
  const said = [errorCode, message].filter(Boolean).join(': ')
  return new GatewayError(code, `${what} (${said}${requestId ? `; request id ${requestId}` : ''}). Nothing runs.`, {
    run,
  })
}

const SCHEMA = {
  operationId: 'triggerJob',
  summary: 'Start a job once',
  description:
    'Starts the job, or, when the key was used before, answers with the run that it stands for. Options stand in the ' +
    'query, in a form or in the body, some also in headers. Job parameters may also be sent as `p.NAME` in the query.',
  tags: ['runs'],
  consumes: ['application/json', 'application/x-www-form-urlencoded'],
  params: Type.Object({ job: Type.String({ description: 'Name of the job.', examples: ['nightly-load'] }) }),
  querystring: TriggerQuerySchema,
  body: TriggerBodySchema,
  response: {
    ...runAnswers(202),
    200: RUN_OR_FORECAST,
    ...outcomeAnswers('run-failed', 'run-canceled', 'run-active'),
    ...errorAnswers(
      ...COMMON_ERRORS,
      'overloaded',
      'invalid-request',
      'key-required',
      'unknown-job',
      'too-large',
      'invalid-parameters',
      'key-reused',
      'rerun-not-allowed',
      'databricks-refused',
      'databricks-denied',
      'databricks-job-missing',
      'databricks-unavailable',
      'paused',
    ),
  },
}
