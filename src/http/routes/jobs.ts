import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { FastifyRequest } from 'fastify'
import type { JobConfig } from '../../config/schema/jobs.ts'
import { readSpan } from '../../config/span.ts'
import type { Pauses } from '../../runs/pauses.ts'
import { checkJob, type Read } from '../../runs/read.ts'
import type { UsualDurations } from '../../runs/watch/usual.ts'
import { callerOf } from '../call.ts'
import type { Guard } from '../guard.ts'
import { describeParameters } from '../parameter-schema.ts'
import { presentPause } from '../present-pause.ts'
import type { RunAnswers } from '../run-answers.ts'
import { COMMON_ERRORS, errorAnswers } from '../schemas/answers.ts'
import { exampleRuns } from '../schemas/examples.ts'
import type { JobObject } from '../schemas/job.ts'

export interface JobRouteDeps {
  read: Read
  usual: UsualDurations
  pauses: Pick<Pauses, 'of'>
  guard: Guard
  answers: RunAnswers
}

/** GET /jobs and GET /jobs/:job */
export function jobRoutes({ read, usual, pauses, guard, answers }: JobRouteDeps): FastifyPluginAsyncTypebox {
  async function present(request: FastifyRequest, name: string, job: JobConfig): Promise<JobObject> {
    const pause = pauses.of({ workspace: job.workspace, job: name })
    const [last, known] = await Promise.all([read.latest(name), usual.of(name)])
    return {
      job: name,
      description: job.description ?? null,
      owner: job.owner ?? null,
      runbook: job.runbook ?? null,
      workspace: job.workspace,
      parameters: describeParameters(job),
      key: job.key,
      rerun_allowed: job.rerun_allowed,
      expected_every_seconds: job.expected_every === null ? null : readSpan(job.expected_every),
      usual_seconds: known ? known.median / 1000 : null,
      paused: pause ? presentPause(pause) : null,
      last_run: last ? answers.present(request, last) : null,
    }
  }

  return async (app) => {
    app.get('/jobs', { schema: LIST, onRequest: guard('read') }, async (request) => {
      const caller = callerOf(request)
      const jobs = Object.entries(request.call.config.jobs).filter(([name]) => caller.sees(name))
      return { jobs: await Promise.all(jobs.map(([name, job]) => present(request, name, job))) }
    })

    app.get('/jobs/:job', { schema: ONE, onRequest: guard('read') }, async (request) => {
      const name = request.params.job
      request.call.job = name
      return present(request, name, checkJob(callerOf(request), name, request.call.config.jobs))
    })
  }
}

const example: JobObject = {
  job: 'nightly-load',
  description: 'Loads the sales of yesterday.',
  owner: 'risk-data',
  runbook: 'https://wiki.example.com/nightly-load',
  workspace: 'main',
  parameters: {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: {
      day: { type: 'string', format: 'date' },
      region: { type: 'string', enum: ['NORTE', 'SUR'], default: 'NORTE' },
    },
    required: ['day'],
    additionalProperties: false,
  },
  key: 'optional',
  rerun_allowed: ['replay', 'new', 'repair', 'force'],
  expected_every_seconds: 93_600,
  usual_seconds: 745.2,
  paused: null,
  last_run: exampleRuns.succeeded,
}

const NO_OPTIONS = Type.Object({}, { additionalProperties: false })

const LIST = {
  operationId: 'listJobs',
  summary: 'List the jobs that this client may see',
  description: 'The catalogue, with what each job takes, how long it usually runs and how it last ended.',
  tags: ['jobs'],
  querystring: NO_OPTIONS,
  response: {
    200: {
      description: 'The jobs.',
      content: {
        'application/json': {
          schema: Type.Object({ jobs: Type.Array(Type.Ref('Job')) }),
          example: { jobs: [example] },
        },
      },
    },
    ...errorAnswers(...COMMON_ERRORS, 'overloaded', 'invalid-request'),
  },
}

const ONE = {
  operationId: 'getJob',
  summary: 'Read one job',
  description: 'What the job takes, how long it usually runs and how it last ended.',
  tags: ['jobs'],
  params: Type.Object({ job: Type.String({ description: 'Name of the job.', examples: ['nightly-load'] }) }),
  querystring: NO_OPTIONS,
  response: {
    200: { description: 'The job.', content: { 'application/json': { schema: Type.Ref('Job'), example } } },
    ...errorAnswers(...COMMON_ERRORS, 'overloaded', 'invalid-request', 'unknown-job'),
  },
}
