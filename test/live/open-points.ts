import { systemClock } from '../../src/clock.ts'
import { describeReply } from './contract.ts'
import { type Runs, type Started, soon, start } from './runs.ts'
import type { Subject } from './subject.ts'

export interface OpenPoint {
  /** What nobody wrote down. */
  question: string
  /** What the gateway does until it is known. */
  assumed: string
  /** Resolves with what was seen; left out: nobody can see it without harm. */
  look?(subject: Subject, runs: Runs, earlierToken?: string): Promise<string>
}

const NOBODYS_ID = '1234567'
const LONG = 'x'.repeat(10_001)
const UNKNOWN_NAME = 'gateway_contract_unknown'

/** Where public documentation is silent, and what this workspace does. */
export const OPEN_POINTS: readonly OpenPoint[] = [
  {
    question: 'What does run-now answer to the token of a run that was deleted?',
    assumed: 'an error that is final; no other token is made by itself',
    async look(subject, runs) {
      const { token, run } = await runs.canceled()
      const deleted = await subject.post('runs/delete', { run_id: run.run_id })
      if (deleted.status !== 200) return `not seen, the run cannot be deleted: ${describeReply(deleted)}`
      return describeStart(subject, await start(subject, { token }))
    },
  },
  {
    question: 'How long is a token known, and where: in the job, or in the workspace?',
    assumed: 'for as long as the run is kept, 60 days; the job is part of the token',
    async look(subject, runs, earlier) {
      const { token, runId } = await runs.first()
      const next = `for the next time: LIVE_EARLIER_TOKEN=${token} (run ${runId})`
      if (earlier === undefined) return next
      const answer = await start(subject, { token: earlier })
      if (answer.runId === '') return `${describeReply(answer.reply)}; ${next}`
      const { start_time = 0 } = await subject.client.getRun(answer.runId, soon())
      const age = systemClock.now() - start_time
      if (age < 60_000) await cancel(subject, answer.runId)
      return `answered run ${answer.runId}, started ${Math.round(age / 3_600_000)} h ago; ${next}`
    },
  },
  {
    question: 'Does run-now take a job parameter that the job does not declare?',
    assumed: 'it does, and otherwise its refusal is passed on',
    look: async (subject) => describeStart(subject, await startWith(subject, 'x')),
  },
  {
    question: 'How large may job_parameters be?',
    assumed: '10,000 characters',
    look: async (subject) => `with ${LONG.length}: ${await describeStart(subject, await startWith(subject, LONG))}`,
  },
  {
    question: 'Is run-now of a job that is not there a 400 or a 404?',
    assumed: 'either, by its text',
    look: async ({ post }) => describeReply(await post('run-now', { job_id: NOBODYS_ID })),
  },
  {
    question: 'What does a repair of a run that goes on answer?',
    assumed: 'any 4xx, and runs/get tells the rest',
    look: async (_, runs) => describeReply((await runs.canceled()).repair),
  },
  {
    question: 'Is the cancel of a run that is over an error?',
    assumed: 'no; and if it is one, the run was over all the same',
    look: async (_, runs) => describeReply((await runs.canceled()).again),
  },
  {
    question: 'Which words does a run have that a user canceled?',
    assumed: 'CANCELED, or USER_CANCELED of any type',
    async look(_, runs) {
      const { state, status } = (await runs.canceled()).run
      return JSON.stringify({ state, status })
    },
  },
  {
    question: 'Do runs carry the newer status beside state, and how long are ids?',
    assumed: 'not always; up to 19 digits',
    async look({ jobId }, runs) {
      const { run_id, status, tasks = [] } = await runs.ended()
      const digits = [jobId, run_id, ...tasks.map((task) => task.run_id)].map((id) => id.length)
      return `status ${status ? 'is there' : 'is not there'}; ids of ${Math.min(...digits)} to ${Math.max(...digits)} digits`
    },
  },
  {
    question: "Does get-output take the id of the run itself, instead of a task's?",
    assumed: 'never asked',
    async look({ get }, runs) {
      const { run_id, tasks = [] } = await runs.ended()
      const { status, body } = await get('runs/get-output', { run_id })
      return `${status} ${body['error_code'] ?? ''} with ${tasks.length} ${tasks.length === 1 ? 'task' : 'tasks'}`
    },
  },
  {
    question: 'In which order does runs/list list?',
    assumed: 'in none that matters',
    async look({ client, jobId }) {
      const { runs } = await client.listRuns({ jobId, limit: 25 }, soon())
      const first = Math.min(...runs.map(({ start_time = 0 }) => start_time))
      const places = runs.map(({ start_time = 0, end_time = 0 }) => {
        const seconds = Math.round((start_time - first) / 1000)
        return `+${seconds} s${end_time === 0 ? ' (active)' : ''}`
      })
      return `by their starts: ${places.join(', ')}`
    },
  },
  {
    question: 'How is a 429 for too many requests told from one for too many runs?',
    assumed: 'by code and text; waited out alike',
  },
  { question: 'Does a 503 say Retry-After?', assumed: 'sometimes; else a second' },
  { question: 'Is a webhook that was not taken sent again?', assumed: 'no; the gateway uses none' },
]

function startWith(subject: Subject, value: string): Promise<Started> {
  return start(subject, { job_parameters: { [UNKNOWN_NAME]: value } })
}

/** Whatever was started by asking is canceled. */
async function describeStart(subject: Subject, { reply, runId }: Started): Promise<string> {
  if (runId !== '') await cancel(subject, runId)
  return runId === '' ? describeReply(reply) : `${reply.status}, run ${runId} (canceled)`
}

async function cancel({ client }: Subject, runId: string): Promise<void> {
  await client.cancelRun(runId, soon())
}
