import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { GatewayError } from '../../runs/errors.ts'
import type { Read } from '../../runs/read.ts'
import type { Repair } from '../../runs/repair.ts'
import type { Run } from '../../runs/run.ts'
import { isDone } from '../../runs/run.ts'
import { tellStart } from '../../runs/trigger.ts'
import { callerOf } from '../call.ts'
import type { Guard } from '../guard.ts'
import { readRepairOptions } from '../options.ts'
import { checkOwn } from '../own-run.ts'
import { readHeaders, startFrom } from '../request-options.ts'
import type { RunAnswers } from '../run-answers.ts'
import { COMMON_ERRORS, errorAnswers, outcomeAnswers, runAnswers } from '../schemas/answers.ts'
import { exampleRuns } from '../schemas/examples.ts'
import { RepairQuerySchema } from '../schemas/options.ts'
import type { WaitForEnd } from '../waiting.ts'

export interface RepairRouteDeps {
  read: Read
  repair: Repair
  guard: Guard
  answers: RunAnswers
  waitForEnd: WaitForEnd
}

/** Of a job that has left the catalogue. */
const SUBMIT_WITHIN_MS = 14_400_000

/** POST /runs/:id/repair */
export function repairRoute(deps: RepairRouteDeps): FastifyPluginAsyncTypebox {
  const { read, repair, guard, answers, waitForEnd } = deps

  return async (app) => {
    const route = { schema: SCHEMA, onRequest: guard('repair'), config: { audit: 'repair' } } as const
    app.post('/runs/:id/repair', route, async (request, reply) => {
      const { workspace, tasks, dependents, ...query } = request.query
      const caller = callerOf(request)
      const options = readRepairOptions(query, readHeaders(request), startFrom(request))
      request.call.ref = options.ref
      const found = await read.find(caller, request.params.id, workspace)
      checkOwn(caller, found)
      const job = request.call.config.jobs[found.job]
      if (job && !job.rerun_allowed.includes('repair')) {
        throw new GatewayError('rerun-not-allowed', `Job ${found.job} takes no repairs; trigger it again instead.`, {
          run: found,
        })
      }
      const repaired = await repair(found, {
        client: { name: caller.name, key_id: caller.key_id },
        tasks: tasks?.split(',').map((task) => task.trim()),
        dependents: dependents ?? false,
        ref: options.ref,
        rerun_id: undefined,
        remote_address: request.ip,
        arrived_at: request.call.arrivedAt,
        submit_within_ms: job ? job.submit_deadline_seconds * 1000 : SUBMIT_WITHIN_MS,
      })
      request.call.answer = repaired.replayed ? 'replayed' : tellStart(repaired.run)
      if (repaired.refusal) throw refused(repaired.run)
      const had = isDone(repaired.run.attempt.state) ? 'ended' : 'under-way'
      const run = await waitForEnd(request, repaired.run, options.waitMs)
      return answers.send(request, reply, run, { options, accepted: 202, replay: repaired.replayed ? had : undefined })
    })
  }
}

function refused(run: Run): GatewayError {
  return new GatewayError('run-not-repairable', `${run.attempt.message} Trigger it again with rerun=new instead.`, {
    run,
  })
}

const SCHEMA = {
  operationId: 'repairRun',
  summary: 'Rerun what failed',
  description:
    'Reruns the tasks that did not end well, or those named, in the same Databricks run and with its parameters: the ' +
    'next attempt of the same run. A repair that somebody made in Databricks meanwhile is taken over.',
  tags: ['runs'],
  params: Type.Object({
    id: Type.String({
      description: 'The id that the trigger answered, or a Databricks run id.',
      examples: [exampleRuns.running.id],
    }),
  }),
  querystring: RepairQuerySchema,
  response: {
    ...runAnswers(200, 202),
    ...outcomeAnswers('run-failed', 'run-canceled', 'run-active'),
    ...errorAnswers(
      ...COMMON_ERRORS,
      'overloaded',
      'invalid-request',
      'unknown-run',
      'run-purged',
      'too-large',
      'run-not-repairable',
      'rerun-not-allowed',
      'databricks-unavailable',
      'paused',
    ),
  },
}
