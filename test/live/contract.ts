import assert from 'node:assert/strict'
import type { DatabricksError } from '../../src/databricks/errors.ts'
import { type Runs, soon, start } from './runs.ts'
import type { Reply, Subject } from './subject.ts'

export interface Fact {
  /** What the gateway relies on. */
  name: string
  /** Rejects when it is not so. */
  check(subject: Subject, runs: Runs): Promise<void>
}

/** Well-formed, and hardly anybody's. */
const NOBODYS_ID = '1234567'

/** What the gateway relies on, in an order in which the runs it takes are made early and waited for late. */
export const FACTS: readonly Fact[] = [
  {
    name: 'jobs/get shows the job, with its name and tasks',
    async check({ client, jobId }) {
      const { job_id, settings } = await client.getJob(jobId, soon())
      assert.equal(job_id, jobId)
      assert.ok(settings?.name, 'it has a name')
      assert.ok(
        settings.tasks?.every(({ task_key }) => task_key),
        'each task has a key',
      )
    },
  },
  {
    name: 'jobs/list finds it by its name, whatever the case',
    async check({ client, jobId }) {
      const { settings } = await client.getJob(jobId, soon())
      const found = await client.listJobs({ name: settings?.name?.toUpperCase() ?? '' }, soon())
      assert.ok(found.some(({ job_id }) => job_id === jobId))
    },
  },
  {
    name: 'run-now starts a run and answers its id',
    async check(_, runs) {
      const { reply, runId } = await runs.first()
      assert.equal(reply.status, 200, reply.text)
      assert.match(runId, /^\d+$/)
    },
  },
  {
    name: 'the same token again answers the same run',
    async check(subject, runs) {
      const { token, runId } = await runs.first()
      assert.equal((await start(subject, { token })).runId, runId)
    },
  },
  {
    name: 'two posts at once under one token start one run',
    async check(_, runs) {
      const [one, other] = await runs.twins()
      assert.deepEqual([one.reply.status, other.reply.status], [200, 200], one.reply.text + other.reply.text)
      assert.equal(one.runId, other.runId)
      assert.notEqual(one.runId, (await runs.first()).runId, 'another token, another run')
    },
  },
  {
    name: 'runs/get shows the run with a state, and each task with a run id of its own',
    async check({ client, jobId }, runs) {
      const { runId } = await runs.first()
      const run = await client.getRun(runId, { ...soon(), includeHistory: true })
      assert.equal(run.run_id, runId)
      assert.equal(run.job_id, jobId)
      assert.ok(run.state?.life_cycle_state ?? run.status?.state, 'it has a state')
      const ids = run.tasks?.map(({ run_id }) => run_id) ?? []
      assert.ok(ids.length > 0 && ids.every((id) => /^\d+$/.test(id)))
      assert.equal(new Set([runId, ...ids]).size, ids.length + 1, 'no two are the same')
      assert.equal(run.repair_history?.[0]?.type ?? 'ORIGINAL', 'ORIGINAL', 'the history begins with the run itself')
    },
  },
  {
    name: 'runs/list shows the runs of the job, by pages that go on',
    async check({ client, jobId }, runs) {
      const wanted = [(await runs.first()).runId, (await runs.twins())[0].runId]
      const first = await client.listRuns({ jobId, limit: 1 }, soon())
      assert.equal(first.runs.length, 1)
      assert.ok(first.next_page_token, 'there is more')
      const second = await client.listRuns({ jobId, limit: 1, pageToken: first.next_page_token }, soon())
      assert.notEqual(second.runs[0]?.run_id, first.runs[0]?.run_id)
      const { runs: listed } = await client.listRuns({ jobId, limit: 25, expandTasks: true }, soon())
      const ids = listed.map(({ run_id }) => run_id)
      for (const id of wanted) assert.ok(ids.includes(id), `${id} is listed`)
      assert.ok(
        listed.every(({ job_id }) => job_id === jobId),
        'no other job is',
      )
      assert.ok(
        listed.some(({ tasks = [] }) => tasks.length > 0),
        'with tasks, when they are asked for',
      )
    },
  },
  {
    name: 'active_only lists a run for as long as it goes on',
    async check({ client, jobId }, runs) {
      const { run } = await runs.canceled()
      const { runs: listed } = await client.listRuns({ jobId, activeOnly: true, limit: 25 }, soon())
      assert.ok(!listed.some(({ run_id }) => run_id === run.run_id), 'not one that is over')
      for (const { run_id, state } of listed) assert.notEqual(state?.life_cycle_state, 'TERMINATED', run_id)
    },
  },
  {
    name: 'a canceled run ends, and as canceled',
    async check(_, runs) {
      const { state, status } = (await runs.canceled()).run
      const words = [state?.result_state, status?.termination_details?.code]
      assert.ok(words.includes('CANCELED') || words.includes('USER_CANCELED'), words.join())
    },
  },
  {
    name: 'a run ends with a result and its times',
    async check(_, runs) {
      const { state, status, start_time = 0, end_time = 0 } = await runs.ended()
      assert.ok(state?.result_state ?? status?.termination_details?.code, 'it has a result')
      assert.ok(start_time > 0 && end_time >= start_time, `${start_time} to ${end_time}`)
    },
  },
  {
    name: 'the token still answers that run when it is over',
    async check(subject, runs) {
      const { run_id } = await runs.ended()
      assert.equal((await start(subject, { token: (await runs.first()).token })).runId, run_id)
    },
  },
  {
    name: 'a list from an instant on holds the runs that started then',
    async check({ client, jobId }, runs) {
      const { run_id, start_time = 0 } = await runs.ended()
      const { runs: since } = await client.listRuns({ jobId, startTimeFrom: start_time, limit: 25 }, soon())
      assert.ok(
        since.some((run) => run.run_id === run_id),
        'the bound itself counts',
      )
      const { runs: before } = await client.listRuns({ jobId, startTimeTo: start_time - 1, limit: 25 }, soon())
      assert.ok(!before.some((run) => run.run_id === run_id))
    },
  },
  {
    name: "runs/get-output shows a task's output by the task's own run id",
    async check({ client }, runs) {
      const { tasks = [] } = await runs.ended()
      const output = await client.getOutput(tasks[0]?.run_id ?? '', soon())
      assert.equal(output.metadata?.run_id ?? tasks[0]?.run_id, tasks[0]?.run_id)
    },
  },
  {
    name: 'a run that is not there is a clear refusal',
    check: async ({ client }) => refused(client.getRun(NOBODYS_ID, soon()), 'missing'),
  },
  {
    name: 'a job that is not there is a clear refusal',
    check: async ({ client }) => refused(client.getJob(NOBODYS_ID, soon()), 'missing'),
  },
  {
    name: 'run-now of a job that is not there is a clear refusal: nothing was started',
    async check({ client }) {
      const body = `{"job_id":${NOBODYS_ID},"idempotency_token":"gateway-contract-nobody"}`
      const submission = await client.runNow(body, soon())
      const kind = submission.kind === 'not_taken' ? submission.error.kind : submission.kind
      assert.ok(['missing', 'refused', 'denied'].includes(kind), kind)
    },
  },
  {
    name: 'a request that makes no sense is a 400 with a JSON error_code',
    async check({ post, jobId }) {
      const reply = await post('run-now', { job_id: jobId }, { job_parameters: 'no map' })
      assert.equal(reply.status, 400, reply.text)
      assert.ok(reply.body['error_code'], reply.text)
    },
  },
  {
    name: 'an access token that nobody issued is refused as a credential',
    check: async ({ stranger, jobId }) => refused(stranger.getJob(jobId, soon()), 'credential'),
  },
]

async function refused(call: Promise<unknown>, kind: DatabricksError['kind']): Promise<void> {
  await assert.rejects(call, (error: DatabricksError) => {
    assert.equal(error.kind, kind, `${error.status} ${error.errorCode} ${error.message}`)
    return true
  })
}

/** Status, error code and text, on one line. */
export function describeReply({ status, body, text }: Reply): string {
  const { error_code: code, message } = body
  return code === undefined ? `${status} ${text.slice(0, 300)}` : `${status} ${code}: ${message}`
}
