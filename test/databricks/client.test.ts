import { gzipSync } from 'node:zlib'
import t from 'tap'
import { GET_RUN, hangUp, html, json, startStub, TOKEN } from './support/stub-workspace.ts'
import { soon, startClient } from './support/test-client.ts'

const LIST = 'GET /api/2.2/jobs/runs/list'
const OUTPUT = 'GET /api/2.2/jobs/runs/get-output'
const CANCEL = 'POST /api/2.2/jobs/runs/cancel'
const REPAIR = 'POST /api/2.2/jobs/runs/repair'
const GET_JOB = 'GET /api/2.2/jobs/get'
const LIST_JOBS = 'GET /api/2.2/jobs/list'
const auth = { type: 'pat', token: () => 'dapi-1' } as const
const BIG = '9007199254740993'

t.test('runs/get joins its pages', async (t) => {
  const stub = await startStub(t)
  stub.on(
    GET_RUN,
    json(
      200,
      `{"run_id": ${BIG}, "job_id": 6, "state": {"life_cycle_state": "RUNNING"}, "next_page_token": "p2",
      "tasks": [{"task_key": "a", "run_id": 1}], "repair_history": [{"id": 1}], "has_more": true}`,
    ),
    json(
      200,
      `{"run_id": ${BIG}, "job_id": 6, "state": {"life_cycle_state": "TERMINATED"}, "next_page_token": "p3",
      "tasks": [{"task_key": "b", "run_id": 2}], "job_parameters": [{"name": "day"}]}`,
    ),
    json(200, `{"run_id": ${BIG}, "job_id": 6, "tasks": [{"task_key": "c", "run_id": 3}]}`),
  )
  const run = await startClient(t, { host: stub.url, auth }).getRun(BIG, { ...soon(), includeHistory: true })
  t.strictSame(run, {
    run_id: BIG,
    job_id: '6',
    state: { life_cycle_state: 'RUNNING' },
    tasks: [
      { task_key: 'a', run_id: '1' },
      { task_key: 'b', run_id: '2' },
      { task_key: 'c', run_id: '3' },
    ],
    repair_history: [{ id: '1' }],
    job_parameters: [{ name: 'day' }],
  })
  t.strictSame(
    stub.calls.map((call) => call.query),
    [
      { run_id: BIG, include_history: 'true' },
      { run_id: BIG, include_history: 'true', page_token: 'p2' },
      { run_id: BIG, include_history: 'true', page_token: 'p3' },
    ],
  )
})

t.test('pages that go round in circles end', async (t) => {
  const stub = await startStub(t)
  stub.on(GET_RUN, json(200, { run_id: 5, job_id: 6, next_page_token: 'again' }))
  const result = startClient(t, { host: stub.url, auth }).getRun('5', soon())
  await t.rejects(result, { kind: 'unavailable', reason: 'answer', message: /page token twice/ })
})

t.test('runs/list asks for what it is told, and reads an empty page', async (t) => {
  const stub = await startStub(t)
  const client = startClient(t, { host: stub.url, auth })
  stub.on(LIST, json(200, `{"runs": [{"run_id": ${BIG}, "job_id": 6}], "next_page_token": "p2", "has_more": true}`))
  t.strictSame(await client.listRuns({ jobId: '6', startTimeFrom: 17, limit: 25, pageToken: 'p1' }, soon()), {
    runs: [{ run_id: BIG, job_id: '6' }],
    next_page_token: 'p2',
  })
  t.strictSame(stub.calls.at(-1)?.query, { job_id: '6', start_time_from: '17', limit: '25', page_token: 'p1' })

  stub.on(LIST, json(200, {}))
  t.strictSame(await client.listRuns({ activeOnly: true, expandTasks: false }, soon()), { runs: [] })
  t.strictSame(stub.calls.at(-1)?.query, { active_only: 'true', expand_tasks: 'false' })

  stub.on(LIST, json(200, { runs: [{ id: 5 }] }))
  await t.rejects(client.listRuns({}, soon()), { name: 'DatabricksError', kind: 'unavailable', reason: 'answer' })
})

t.test('runs/get-output, also a large one', async (t) => {
  const stub = await startStub(t)
  const client = startClient(t, { host: stub.url, auth })
  const result = 'x'.repeat(20 * 2 ** 20)
  stub.on(OUTPUT, json(200, { metadata: { run_id: 5 }, notebook_output: { result } }))
  const output = await client.getOutput('5', soon())
  t.equal(output.notebook_output?.result, result)
  t.equal(output.metadata?.run_id, '5')

  stub.on(GET_RUN, json(200, { run_id: 5, job_id: 6, description: result }))
  await t.rejects(client.getRun('5', soon()), { reason: 'too_large', sent: true, message: /larger than 16 MB/ })
})

t.test('packed answers are unpacked, up to the same size', async (t) => {
  const stub = await startStub(t)
  const client = startClient(t, { host: stub.url, auth })
  const packed = (text: string) => (response: Parameters<typeof hangUp>[0]) =>
    void response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(text))
  stub.on(GET_RUN, packed('{"run_id": 5, "job_id": 6}'))
  t.strictSame(await client.getRun('5', soon()), { run_id: '5', job_id: '6' })
  t.equal(stub.calls.at(-1)?.headers['accept-encoding'], 'gzip')
  stub.on(GET_RUN, packed(' '.repeat(17 * 2 ** 20)))
  await t.rejects(client.getRun('5', soon()), { name: 'DatabricksError', reason: 'too_large' })
})

t.test('a cancel names the run in raw digits, and may be repeated', async (t) => {
  const stub = await startStub(t)
  stub.on(CANCEL, hangUp, json(200, {}))
  await startClient(t, { host: stub.url, auth }).cancelRun(BIG, soon())
  t.strictSame(
    stub.calls.map((call) => call.body),
    [`{"run_id":${BIG}}`, `{"run_id":${BIG}}`],
  )
  stub.on(CANCEL, html(200, '<title>Sign in</title>'))
  await t.rejects(startClient(t, { host: stub.url, auth }).cancelRun(BIG, soon()), {
    name: 'DatabricksError',
    reason: 'web_page',
  })
})

t.test('a repair is posted again only when it was surely not acted on', async (t) => {
  const stub = await startStub(t)
  const client = startClient(t, { host: stub.url, auth })
  const done = json(200, `{"repair_id": ${BIG}}`)
  stub.on(REPAIR, json(401, {}), done)
  t.strictSame(await client.repairRun('{"run_id":5}', soon()), { repairId: BIG })
  t.equal(stub.count(REPAIR), 2)
  for (const trouble of [hangUp, json(503, ''), json(500, { message: 'Timed out after 5 s' })]) {
    const before = stub.count(REPAIR)
    stub.on(REPAIR, trouble, done)
    await t.rejects(client.repairRun('{"run_id":5}', soon()), {
      name: 'DatabricksError',
      kind: 'unavailable',
      sent: true,
    })
    t.equal(stub.count(REPAIR), before + 1)
  }
})

t.test('jobs/get joins the pages of its settings', async (t) => {
  const stub = await startStub(t)
  const parameters = [{ name: 'day', default: '1970-01-01' }]
  stub.on(
    GET_JOB,
    json(200, { job_id: 6, settings: { name: 'n', tasks: [{ task_key: 'a' }], parameters }, next_page_token: 'p2' }),
    json(200, { job_id: 6, settings: { name: 'n', tasks: [{ task_key: 'b' }] } }),
  )
  t.strictSame(await startClient(t, { host: stub.url, auth }).getJob('6', soon()), {
    job_id: '6',
    settings: { name: 'n', tasks: [{ task_key: 'a' }, { task_key: 'b' }], parameters },
  })
})

t.test('jobs/list reads all pages of one name', async (t) => {
  const stub = await startStub(t)
  stub.on(
    LIST_JOBS,
    json(200, { jobs: [{ job_id: 1, settings: { name: 'Nightly' } }], next_page_token: 'p2' }),
    json(200, { jobs: [{ job_id: 2, settings: { name: 'nightly' } }], next_page_token: '' }),
  )
  const jobs = await startClient(t, { host: stub.url, auth }).listJobs({ name: 'nightly' }, soon())
  t.strictSame(
    jobs.map((job) => job.job_id),
    ['1', '2'],
  )
  t.match(stub.calls[1]?.query, { name: 'nightly', limit: '100', page_token: 'p2' })
})

t.test('a read is tried again after a lost connection and passing trouble', async (t) => {
  const stub = await startStub(t)
  const passing = json(500, { error_code: 'INTERNAL_ERROR', message: 'There is no worker environment with id 5' })
  stub.on(GET_RUN, hangUp, passing, json(502, ''), json(200, { run_id: 5, job_id: 6 }))
  t.match(await startClient(t, { host: stub.url, auth }).getRun('5', soon()), { run_id: '5' })
  t.equal(stub.count(GET_RUN), 4)
})

t.test('however many callers meet a revoked token, it is fetched anew once', async (t) => {
  const stub = await startStub(t)
  stub.on(GET_RUN, (response, request) => {
    const revoked = request.headers.authorization === 'Bearer token-1'
    json(
      revoked ? 403 : 200,
      revoked ? { error_code: 403, message: 'Invalid access token.' } : { run_id: 5, job_id: 6 },
    )(response, request)
  })
  const client = startClient(t, { host: stub.url })
  await Promise.all(Array.from({ length: 40 }, () => client.getRun('5', soon())))
  t.equal(stub.count(TOKEN), 2)
})

t.test('the host of a wrong address says so', async (t) => {
  const stub = await startStub(t)
  stub.on(GET_RUN, html(200, '<html><title>Sign in - Databricks</title></html>'))
  const client = startClient(t, { host: `${stub.url}/ignored?o=1`, auth })
  t.equal(client.host, stub.url)
  await t.rejects(client.getRun('5', soon()), { reason: 'web_page', message: /Sign in - Databricks.*unified host/ })
})

t.test('a redirect is not followed', async (t) => {
  const stub = await startStub(t)
  const other = await startStub(t)
  stub.on(GET_RUN, json(307, '', { location: `${other.url}/login` }))
  await t.rejects(startClient(t, { host: stub.url, auth }).getRun('5', soon()), {
    name: 'DatabricksError',
    reason: 'redirect',
    status: 307,
  })
  t.strictSame(other.calls, [])
})

t.test('the token stays out of the message that echoes it', async (t) => {
  const stub = await startStub(t)
  stub.on(GET_RUN, (response, request) => {
    json(500, `headers: ${request.headers.authorization}`)(response, request)
  })
  const error: Error = await startClient(t, { host: stub.url, auth })
    .getRun('5', soon())
    .then(t.fail, (e) => e)
  t.equal(error.message, 'headers: Bearer [redacted]')
})

t.test('a token that is no header value never leaves', async (t) => {
  const stub = await startStub(t)
  const client = startClient(t, { host: stub.url, auth: { type: 'pat', token: () => 'dapi\nx: y' } })
  await t.rejects(client.getRun('5', soon()), { kind: 'unavailable', sent: false, message: /authorization/ })
})
