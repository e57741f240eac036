import t from 'tap'
import { ulid } from 'ulid'
import type { Attempt, Run } from '../../src/runs/run.ts'
import { startServer } from '../support/http-server.ts'
import { makeRun } from '../support/make-run.ts'

const id = (at: number) => ulid(at)
const START = 1_763_800_000_000

function endedRun(run: Partial<Omit<Run, 'attempt'>> = {}, attempt: Partial<Attempt> = {}) {
  const created_at = run.created_at ?? START
  return makeRun({
    ...{ id: id(created_at), key: null, ...run, created_at },
    attempt: {
      ...{ state: 'SUCCEEDED', result: 'OK', message: 'Ended well.', finished_at: created_at + 60_000, created_at },
      ...attempt,
    },
  })
}

t.test('a run by its own id, in any case, and by a Databricks run id', async (t) => {
  const { hold, call } = await startServer(t)
  const run = await hold(endedRun({}, { databricks_run_id: '9007199254740993' }))
  const answer = await call(`/runs/${run.id}`)
  t.match(answer, { status: 200, body: { id: run.id, state: 'SUCCEEDED', databricks_run_id: '9007199254740993' } })
  t.equal(answer.headers.get('x-run-id'), run.id)
  t.equal(answer.headers.get('cache-control'), 'no-store')
  t.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8')
  t.match(await call(`/runs/${run.id.toLowerCase()}`), { status: 200, body: { id: run.id } })
  t.match(await call(`/runs/${run.id}/`), { status: 200, body: { id: run.id } }, 'no redirect for a slash too many')
  t.match(await call('/runs/9007199254740993'), { status: 200, body: { id: run.id } })
  const head = await call(`/runs/${run.id}`, { method: 'HEAD' })
  t.match([head.status, head.text], [200, ''])
})

t.test('a Databricks run id that two workspaces know', async (t) => {
  const { hold, call } = await startServer(t)
  await hold(endedRun({}, { databricks_run_id: '77', workspace: 'main' }))
  const other = await hold(endedRun({}, { databricks_run_id: '77', workspace: 'west', workspace_host: 'https://w' }))
  t.match(await call('/runs/77'), { status: 400, body: { code: 'invalid-request', detail: /main, west|west, main/ } })
  t.match(await call('/runs/77?workspace=west'), { status: 200, body: { id: other.id } })
  t.match(await call('/runs/77?workspace=east'), { status: 404, body: { code: 'unknown-run' } })
})

t.test("a run by its client's key", async (t) => {
  const { hold, call } = await startServer(t)
  const run = await hold(endedRun({ key: 'K 1/é' }))
  const query = new URLSearchParams({ job: 'nightly-load', key: 'K 1/é' })
  t.match(await call(`/run?${query}`), { status: 200, body: { id: run.id, key: 'K 1/é' } })
  t.match(await call(`/run?${query}`, { as: 'other' }), { status: 404, body: { code: 'unknown-run' } }, 'not its key')
  t.match(await call('/run?job=nightly-load&key=none'), { status: 404, body: { code: 'unknown-run' } })
  t.match(await call('/run?job=none&key=K'), { status: 404, body: { code: 'unknown-job' } })
  t.match(await call('/run?job=nightly-load'), { status: 400, body: { detail: 'Query parameter key is missing.' } })
})

t.test('a run whose job has left the catalogue is still read', async (t) => {
  const { hold, call } = await startServer(t)
  const run = await hold(endedRun({ job: 'retired', key: 'K' }))
  t.match(await call(`/runs/${run.id}`), { status: 200 })
  t.match(await call('/run?job=retired&key=K'), { status: 200, body: { id: run.id } })
  t.match(await call('/runs?job=retired'), { status: 200, body: { runs: [{ id: run.id }] } })
})

t.test('what a client may not see answers like what does not exist; the log tells which', async (t) => {
  const { hold, call, lines } = await startServer(t)
  const run = await hold(endedRun({ key: 'K' }, { databricks_run_id: '77' }))
  const hidden = await call(`/runs/${run.id}`, { as: 'team' })
  const missing = await call(`/runs/${id(START + 1)}`, { as: 'team' })
  const comparable = ({ status, body }: typeof hidden) => ({
    ...{ status, ...body, request_id: '', instance: '' },
    detail: body.detail.replace(/[0-9A-Z]{26}/, 'ID'),
  })
  t.strictSame(comparable(hidden), comparable(missing))
  t.match(await call('/runs/77', { as: 'team' }), { status: 404, body: { code: 'unknown-run' } })
  t.match(await call('/jobs/nightly-load', { as: 'team' }), { status: 404, body: { code: 'unknown-job' } })
  t.match(await call('/runs?job=nightly-load', { as: 'team' }), { status: 404, body: { code: 'unknown-job' } })
  t.match(await call('/runs', { as: 'team' }), { status: 200, body: { runs: [], next_cursor: null } })
  const [first, second] = lines().filter(({ event }) => event === 'http.request')
  t.match(first, { status: 404, code: 'unknown-run', reason: /client team may not see job nightly-load/ })
  t.match(second, { status: 404, code: 'unknown-run' })
  t.notOk(second && 'reason' in second)
})

t.test('more of the run when asked', async (t) => {
  const { hold, call } = await startServer(t)
  const tasks = Array.from({ length: 30 }, (_, i) => ({
    ...{ task_key: `t${i}`, state: 'SUCCEEDED', databricks_run_id: `${i}` },
    ...{ attempt: 0, message: '' },
  }))
  const run = await hold(endedRun({}, { tasks }))
  t.match(await call(`/runs/${run.id}`), { body: { tasks: [] } })
  const { body } = await call(`/runs/${run.id}?include=tasks,attempts`)
  t.equal(body.tasks.length, 30)
  t.match(body.attempts, [{ number: 1, kind: 'first', state: 'SUCCEEDED', client: 'control-m', key_id: '9f86d081' }])
  t.match(await call(`/runs/${run.id}?include=logs`), { status: 400, body: { code: 'invalid-request' } })
})

t.test('a read tells the outcome by its status when asked', async (t) => {
  const { hold, call } = await startServer(t, { client: 'codes: { failed: 500 }' })
  const failure = {
    cause: 'user_code',
    task_key: 'load',
    message: 'load: boom',
    retryable: true,
    repairable: true,
  } as const
  const failed = await hold(endedRun({}, { state: 'FAILED', result: 'KO', message: 'load: TOKEN FAILED', failure }))
  const active = await hold(endedRun({}, { state: 'RUNNING', result: '', finished_at: null }))
  t.match(await call(`/runs/${failed.id}`), { status: 200, body: { state: 'FAILED', result: 'KO' } })
  t.match(await call(`/runs/${active.id}`), { status: 200, body: { state: 'RUNNING', result: '' } })

  const answer = await call(`/runs/${failed.id}?outcome=http`)
  t.equal(answer.headers.get('content-type'), 'application/problem+json; charset=utf-8')
  t.match(answer, {
    status: 500,
    body: {
      ...{ id: failed.id, state: 'FAILED', message: 'load: TOKEN FAILED' },
      ...{ type: /\/problems\/run-failed$/, title: 'The run did not end well', status: 500 },
      ...{ detail: 'load: token failed', code: 'run-failed', retryable: true },
    },
  })
  const pending = await call(`/runs/${active.id}?outcome=http`)
  t.match(pending, { status: 202, body: { id: active.id, done: false } })
  t.equal(pending.headers.get('retry-after'), '30', 'whole seconds, within the bounds of polling')
  t.match(pending.headers.get('location'), new RegExp(`^http://127.0.0.1:\\d+/runs/${active.id}/await$`))
})

t.test('text forms', async (t) => {
  const { hold, call } = await startServer(t)
  const run = await hold(endedRun())
  t.match(await call(`/runs/${run.id}?format=text`), { status: 200, text: 'SUCCEEDED\n' })
  t.match(await call(`/runs/${run.id}?format=result`), { status: 200, text: 'OK\n' })
  const byHeader = await call(`/runs/${run.id}`, { headers: { accept: 'text/plain' } })
  t.equal(byHeader.text, 'SUCCEEDED\n')
  t.equal(byHeader.headers.get('content-type'), 'text/plain; charset=utf-8')
  t.match(await call('/runs/SUCCEEDED?format=text'), {
    status: 404,
    text: 'ERROR unknown-run There is no run "succeeded".\n',
  })
})

t.test('a purged run is 410, also by its key; who may not see it is told nothing', async (t) => {
  const tombstone = { run_id: id(START), job: 'nightly-load', client_id: 'control-m', last_attempt: 1 }
  const { call } = await startServer(t, {
    between: (store) => ({ ...store, tombstone: async () => tombstone, tombstoneByKey: async () => tombstone }),
  })
  t.match(await call(`/runs/${tombstone.run_id}`), { status: 410, body: { code: 'run-purged' } })
  t.match(await call('/run?job=nightly-load&key=K'), { status: 410, body: { code: 'run-purged' } })
  t.match(await call(`/runs/${tombstone.run_id}`, { as: 'team' }), { status: 404, body: { code: 'unknown-run' } })
})

t.test('lists: newest first, in pages, as JSON and as text', async (t) => {
  const { hold, call } = await startServer(t)
  const runs: Run[] = []
  for (let i = 0; i < 5; i++) runs.unshift(await hold(endedRun({ created_at: START + i * 1000 })))
  const ids = runs.map((run) => run.id)

  const first = await call('/runs?limit=2&result=ok')
  t.strictSame(idsOf(first), ids.slice(0, 2))
  const next = /^<(http:[^>]+)>; rel="next"$/.exec(first.headers.get('link') ?? '')?.[1] ?? ''
  t.match(next, /limit=2/)
  const second = await call(next.replace(/^http:\/\/[^/]+/, ''))
  t.strictSame(idsOf(second), ids.slice(2, 4))
  const third = await call(`/runs?limit=2&cursor=${second.body.next_cursor}`)
  t.strictSame(idsOf(third), ids.slice(4))
  t.equal(third.body.next_cursor, null)
  t.equal(third.headers.get('link'), null)

  const text = await call('/runs?limit=1&format=text')
  t.equal(text.text, `${ids[0]} nightly-load SUCCEEDED OK 2025-11-22T08:27:44.000Z Ended well.\n`)
})

t.test('lists by every filter', async (t) => {
  const { hold, call } = await startServer(t)
  const old = await hold(endedRun({ created_at: START, key: 'K' }, { ref: 'SALES/A/1' }))
  const failed = await hold(
    endedRun(
      { created_at: START + 86_400_000, client_id: 'other' },
      { state: 'FAILED', result: 'KO', client: 'other' },
    ),
  )
  const active = await hold(
    endedRun(
      { created_at: START + 2 * 86_400_000, job: 'team-report' },
      { state: 'QUEUED', result: '', finished_at: null },
    ),
  )
  const lists = async (query: string, ...runs: Run[]) => {
    t.strictSame(
      idsOf(await call(`/runs?${query}`)),
      runs.map((run) => run.id),
      query,
    )
  }
  await lists('', active, failed, old)
  await lists('job=team-report', active)
  await lists('state=failed', failed)
  await lists('state=QUEUED', active)
  await lists('result=KO', failed)
  await lists('client=other', failed)
  await lists('key=K', old)
  await lists('ref=SALES%2FA%2F1', old)
  await lists('ref=SALES/*', old)
  await lists('ref=SALES')
  await lists('since=2025-11-23', active, failed)
  await lists('until=2025-11-23T00:00:00%2B01:00', old)
  await lists('since=2025-11-23&until=2025-11-24', failed)
})

t.test('lists refuse what they cannot mean, and say what they take', async (t) => {
  const { call } = await startServer(t)
  const refuses = async (query: string, detail: RegExp) =>
    t.match(await call(`/runs?${query}`), { status: 400, body: { code: 'invalid-request', detail } }, query)
  await refuses('state=DONE', /state is "DONE"; it takes submitting, queued, pending, running/)
  await refuses('result=SUCCESS', /it takes ok or ko/)
  await refuses('since=yesterday', /takes an instant such as 2026-11-22T20:00:00Z/)
  await refuses('until=2026-11-22T20:00:00', /takes an instant/)
  await refuses('limit=201', /limit is 201; it takes 200 or less/)
  await refuses('limit=many', /limit is "many"; it takes an integer/)
  await refuses('cursor=nonsense', /next_cursor/)
  await refuses('jobs=x', /"jobs" is not known; did you mean job\?/)
  await refuses('job=a&job=b', /job is given 2 times/)
  t.match(await call('/runs?job=none'), { status: 404, body: { code: 'unknown-job' } })
})

t.test('the catalogue: what a client sees, what a job takes, how it last ended', async (t) => {
  const { hold, move, call } = await startServer(t)
  const ended = { state: 'SUCCEEDED', result: 'OK', finished_at: START, run_ms: 61_000 } as const
  const run = await move(await hold(makeRun()), ended)
  const { body } = await call('/jobs')
  t.strictSame(
    body.jobs.map(({ job }: { job: string }) => job),
    ['nightly-load', 'team-report'],
  )
  const { jobs } = (await call('/jobs', { as: 'team' })).body
  t.match(jobs, [{ job: 'team-report', last_run: null, usual_seconds: null }])
  t.equal(jobs.length, 1)
  t.match(await call('/jobs/nightly-load'), {
    status: 200,
    body: {
      ...{ job: 'nightly-load', description: 'Loads the sales of yesterday.', owner: 'risk-data', runbook: null },
      ...{ workspace: 'main', key: 'optional', rerun_allowed: ['replay', 'new', 'repair', 'force'] },
      parameters: { properties: { day: { format: 'date' }, region: { enum: ['NORTE', 'SUR'] } }, required: ['day'] },
      ...{ expected_every_seconds: null, usual_seconds: 61, last_run: { id: run.id, state: 'SUCCEEDED' } },
    },
  })
})

function idsOf({ body }: { body: { runs: { id: string }[] } }): string[] {
  return body.runs.map((run) => run.id)
}
