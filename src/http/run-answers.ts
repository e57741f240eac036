import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../clock.ts'
import type { ReadOutput } from '../runs/output.ts'
import type { Run } from '../runs/run.ts'
import { isDone } from '../runs/run.ts'
import type { RunStore } from '../runs/store.ts'
import { askAgain, readBounds } from '../runs/watch/cadence.ts'
import type { UsualDurations } from '../runs/watch/usual.ts'
import { callerOf } from './call.ts'
import type { Links } from './links.ts'
import type { ReadOptions } from './options.ts'
import { chooseStatus, type OutcomeStatus, presentWord } from './outcome.ts'
import { avoidOutcomeWords } from './plain-words.ts'
import { presentRun, type View } from './present.ts'
import { presentOutput } from './present-output.ts'
import { PROBLEMS } from './problems.ts'
import { createRunText } from './run-text.ts'
import type { RunObject } from './schemas/run.ts'

export interface RunAnswerDeps {
  store: Pick<RunStore, 'attempts'>
  links: Links
  usual: UsualDurations
  clock: Clock
  readOutput: ReadOutput
}

const OUTPUT_BYTES = 16_000
const OUTPUT_TAIL_LINES = 50
const OUTPUT_TIMEOUT_MS = 3_000

/** How one answer shows its run. */
export interface Showing {
  options: ReadOptions
  /** Status while active when the status does not tell the outcome. */
  accepted: 200 | 202
  replay?: View['replay']
  rerunId?: string | undefined
  /** Instead of the run's own message. */
  message?: string | undefined
  /** Whether an ending counts as told by this answer; default true. */
  tells?: boolean
}

/** What the caller of an await said of its run. */
export interface Known {
  id?: string
  job?: string
  key?: string
}

/** Answers that show one run, the same way on trigger, run and await: design §3.1, §3.3, §3.4. */
export interface RunAnswers {
  send(request: FastifyRequest, reply: FastifyReply, run: Run, showing: Showing): Promise<FastifyReply>
  /** An await that cannot know how its run is: it is to be asked for again, not yet soon. */
  sendUnknown(request: FastifyRequest, reply: FastifyReply, known: Known, options: ReadOptions): FastifyReply
  /** A run as JSON, in a list. */
  present(request: FastifyRequest, run: Run): RunObject
}

export function createRunAnswers({ store, links, usual, clock, readOutput }: RunAnswerDeps): RunAnswers {
  const boundsOf = ({ call }: FastifyRequest) => readBounds(call.config.watch)
  const runText = createRunText()
  const view = (request: FastifyRequest) => ({ now: clock.now(), staleAfterMs: 2 * boundsOf(request).maxMs })

  /** Whole seconds, as callers take nothing else. */
  async function askAgainSeconds(request: FastifyRequest, { job, attempt }: Run): Promise<number> {
    // Without the ledger's history the bounds alone decide: an answer about a run is never lost for a hint.
    const known = await usual.of(job).catch(() => undefined)
    const elapsedMs = attempt.started_at === null ? undefined : clock.now() - attempt.started_at
    return Math.max(1, Math.ceil(askAgain({ elapsedMs, usual: known, ...boundsOf(request) }) / 1000))
  }

  /** undefined: not asked for, or not to be had. */
  async function readOutputText(run: Run, { include }: ReadOptions): Promise<string | undefined> {
    if (include.output === 'no' || (include.output === 'when-bad' && run.attempt.result !== 'KO')) return undefined
    const outputs = await readOutput(run, { deadline: clock.now() + OUTPUT_TIMEOUT_MS }).catch(() => undefined)
    return outputs && presentOutput(run, outputs, { tailLines: OUTPUT_TAIL_LINES, maxBytes: OUTPUT_BYTES })
  }

  return {
    present: (request, run) => presentRun(run, view(request)),

    sendUnknown(request, reply, known, { format }) {
      reply
        .code(202)
        .header('cache-control', 'no-store')
        .header('location', links.to(request, request.url))
        .header('retry-after', Math.max(1, Math.ceil(boundsOf(request).maxMs / 1000)))
      if (format !== 'json') {
        return reply.type('text/plain; charset=utf-8').send(format === 'text' ? 'RUNNING\n' : 'ACTIVE\n')
      }
      // A state that cannot be known is taken as running, as an unknown one of Databricks is.
      const message = 'The gateway cannot look this run up now; until it can, it is taken as active. Ask again.'
      return reply.send({ ...known, state: 'RUNNING', done: false, result: '', message, stale: true })
    },

    async send(request, reply, run, { options, accepted, replay, rerunId, message, tells = true }) {
      const { call } = request
      call.runId = run.id
      call.job = run.job
      call.attempt = run.attempt.number
      if (tells) call.shown = { run, rerunId }
      const { codes } = callerOf(request).config
      const { status, code } = chooseStatus(run, { ...options, accepted, codes })

      reply.code(status).header('x-run-id', run.id).header('cache-control', 'no-store')
      if (options.waitGranted !== undefined) {
        reply.header('preference-applied', `wait=${call.unseated ? 0 : options.waitGranted}`)
      }
      if (!isDone(run.attempt.state) && (status === 202 || code === 'run-active')) {
        reply.header('location', links.run(request, run.id)).header('retry-after', await askAgainSeconds(request, run))
      }
      if (options.format !== 'json') {
        return reply.type('text/plain; charset=utf-8').send(presentWord(run, options.format))
      }
      // An answer about a run is never lost for what it could show beside it.
      const attempts = options.include.attempts ? await store.attempts(run.id).catch(() => undefined) : undefined
      const shown: View = {
        ...view(request),
        replay,
        message,
        output: await readOutputText(run, options),
        allTasks: options.include.tasks,
        ...(attempts && { attempts }),
      }
      if (code === undefined) return reply.type('application/json; charset=utf-8').send(runText(run, shown))
      const body = presentRun(run, shown)
      const problem = explain(run, body.message, { status, code })
      const type = links.problem(request, code)
      return reply.type('application/problem+json; charset=utf-8').send(JSON.stringify({ ...body, type, ...problem }))
    },
  }
}

/** The problem members of an outcome answer, beside the run's own. */
function explain({ attempt }: Run, message: string, { status, code }: Required<OutcomeStatus>) {
  const { title, retryable } = PROBLEMS[code]
  return {
    title,
    status,
    detail: avoidOutcomeWords(message),
    code,
    retryable: code === 'run-failed' ? (attempt.failure?.retryable ?? false) : retryable,
  }
}
