import t from 'tap'
import { openWorkspace } from './client.ts'

const one = { name: 'one', tasks: [{ task_key: 'main' }] }

t.test('a run goes through the states as its time passes', async (t) => {
  const workspace = await openWorkspace(t)
  const job = { ...one, pending_ms: 10, cleanup_ms: 10, tasks: [{ task_key: 'main', duration_ms: 100 }] }
  const runId = await workspace.run(workspace.defineJob(job))
  const seen = async () => {
    const { state, status, tasks } = await workspace.read(runId)
    return [state.life_cycle_state, status?.state, tasks[0]?.state.life_cycle_state]
  }
  t.strictSame(await seen(), ['PENDING', 'PENDING', 'PENDING'])
  workspace.advance(10)
  t.strictSame(await seen(), ['RUNNING', 'RUNNING', 'RUNNING'])
  workspace.advance(100)
  t.strictSame(await seen(), ['TERMINATING', 'TERMINATING', 'TERMINATED'])
  workspace.advance(10)
  t.strictSame(await seen(), ['TERMINATED', 'TERMINATED', 'TERMINATED'])
})

t.test('the same token brings the same run, even after it failed and in the middle of a race', async (t) => {
  const workspace = await openWorkspace(t)
  const jobId = workspace.defineJob({ ...one, tasks: [{ task_key: 'main', outcome: 'failed' }] })
  const same = { idempotency_token: 'token' }
  const ids = await Promise.all(Array.from({ length: 50 }, () => workspace.run(jobId, same)))
  t.equal(new Set(ids).size, 1)
  t.equal(workspace.runs().length, 1)
  workspace.advance(60_000)
  t.equal(workspace.runs()[0]?.result_state, 'FAILED')
  t.equal(await workspace.run(jobId, same), ids[0])
  t.not(await workspace.run(jobId, { idempotency_token: 'other' }), ids[0])
  t.not(await workspace.run(jobId), await workspace.run(jobId))
})

t.test('the token of a deleted run stays taken', async (t) => {
  const workspace = await openWorkspace(t)
  const jobId = workspace.defineJob(one)
  const body = `{"job_id":${jobId},"idempotency_token":"token"}`
  const runId = await workspace.run(jobId, { idempotency_token: 'token' })
  t.match(await workspace.post('runs/delete', `{"run_id":${runId}}`), { status: 400 }, 'an active run is kept')
  workspace.advance(60_000)
  t.match(await workspace.post('runs/delete', `{"run_id":${runId}}`), { status: 200, body: {} })
  t.match(await workspace.post('run-now', body), { status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE' } })
  workspace.setOptions({ deleted_token: { status: 409, error_code: 'CONFLICT', message: 'gone' } })
  t.match(await workspace.post('run-now', body), { status: 409, body: { error_code: 'CONFLICT', message: 'gone' } })
})

t.test('tokens are known in the workspace, or by option per job', async (t) => {
  const workspace = await openWorkspace(t)
  const [a, b] = [workspace.defineJob(one), workspace.defineJob({ ...one, name: 'two' })]
  const same = { idempotency_token: 'token' }
  t.equal(await workspace.run(a, same), await workspace.run(b, same))
  workspace.setOptions({ token_scope: 'job' })
  t.not(await workspace.run(a, same), await workspace.run(b, same))
})

const long = 'x'.repeat(10_000)
const refusals: [name: string, fields: string, code: string, message: string | RegExp][] = [
  ['id as a string', '"job_id":"7"', 'MALFORMED_REQUEST', /job_id.*found STRING/],
  ['id of 0', '"job_id":0', 'INVALID_PARAMETER_VALUE', 'Invalid value for parameter job_id'],
  ['id beyond int64', '"job_id":9223372036854775808', 'INVALID_PARAMETER_VALUE', /parameter job_id/],
  ['no id', '"queue":{"enabled":true}', 'INVALID_PARAMETER_VALUE', /job_id/],
  ['unknown job', '"job_id":7', 'INVALID_PARAMETER_VALUE', 'Job 7 does not exist.'],
  ['long token', `"job_id":1,"idempotency_token":"${'x'.repeat(65)}"`, 'INVALID_PARAMETER_VALUE', /64 characters/],
  [
    'map as text',
    '"job_id":1,"notebook_params":"x"',
    'MALFORMED_REQUEST',
    /Expected object for field 'notebook_params'/,
  ],
  ['list as map', '"job_id":1,"python_params":{}', 'MALFORMED_REQUEST', /Expected array for field 'python_params'/],
  ['number as value', '"job_id":1,"job_parameters":{"a":1}', 'MALFORMED_REQUEST', /found NUMBER/],
  ['null as value', '"job_id":1,"job_parameters":{"a":null}', 'MALFORMED_REQUEST', /found NULL/],
  ['queue without enabled', '"job_id":1,"queue":{}', 'INVALID_PARAMETER_VALUE', /queue\.enabled/],
  ['large map', `"job_id":1,"notebook_params":{"a":"${long}"}`, 'INVALID_PARAMETER_VALUE', /10000 bytes/],
  ['large job parameters', `"job_id":1,"job_parameters":{"a":"${long}"}`, 'INVALID_PARAMETER_VALUE', /10000 bytes/],
  ['not ASCII', '"job_id":1,"python_params":["ä"]', 'INVALID_PARAMETER_VALUE', /ASCII/],
  ['unknown task', '"job_id":1,"only":["other"]', 'INVALID_PARAMETER_VALUE', /other/],
  [
    'jar and notebook',
    '"job_id":1,"jar_params":["a"],"notebook_params":{"a":"b"}',
    'INVALID_PARAMETER_VALUE',
    'jar_params can not be used in combination with notebook_params',
  ],
]

t.test('a wrong request is refused in the words of the workspace', async (t) => {
  const workspace = await openWorkspace(t, { jobs: [{ ...one, job_id: '1' }] })
  for (const [name, fields, error_code, message] of refusals) {
    t.match(await workspace.post('run-now', `{${fields}}`), { status: 400, body: { error_code, message } }, name)
  }
  t.match(await workspace.post('run-now', '{'), { status: 400, body: { error_code: 'MALFORMED_REQUEST' } })
  t.strictSame(workspace.runs(), [])
})

t.test('job parameters go with sql and pipeline parameters only', async (t) => {
  const workspace = await openWorkspace(t, { jobs: [{ ...one, job_id: '1', max_concurrent_runs: 9 }] })
  const families = {
    notebook_params: {},
    python_named_params: {},
    sql_params: {},
    pipeline_params: {},
    python_params: [],
    jar_params: [],
    spark_submit_params: [],
    dbt_commands: [],
  }
  for (const [field, value] of Object.entries(families)) {
    const answer = await workspace.post('run-now', { job_id: 1, job_parameters: { a: 'b' }, [field]: value })
    const accepted = field === 'sql_params' || field === 'pipeline_params'
    t.equal(answer.status, accepted ? 200 : 400, field)
    if (!accepted) t.equal(answer.body.message, `job_parameters can not be used in combination with ${field}`)
  }
})

t.test('a run shows the parameters it was given', async (t) => {
  const parameters = [
    { name: 'day', default: '1970-01-01' },
    { name: 'mode', default: 'full' },
  ]
  const workspace = await openWorkspace(t, { jobs: [{ ...one, job_id: '1', parameters, max_concurrent_runs: 2 }] })
  const modern = await workspace.read(await workspace.run('1', { job_parameters: { day: '2026-01-15', added: 'yes' } }))
  t.strictSame(modern['job_parameters'], [
    { name: 'added', value: 'yes' },
    { name: 'day', default: '1970-01-01', value: '2026-01-15' },
    { name: 'mode', default: 'full', value: 'full' },
  ])
  t.notOk('overriding_parameters' in modern)
  const legacy = await workspace.read(await workspace.run('1', { notebook_params: { day: '2026-01-15' } }))
  t.strictSame(legacy['overriding_parameters'], { notebook_params: { day: '2026-01-15' } })
})

t.test('a missing job is 400 or 404; rights come before existence', async (t) => {
  const workspace = await openWorkspace(t, { jobs: [{ ...one, job_id: '1', can_run: false }] })
  workspace.setOptions({ missing_job_status: 404 })
  t.match(await workspace.post('run-now', { job_id: 7 }), { status: 404, body: { message: 'Job 7 does not exist.' } })
  workspace.removeJob('1')
  const message = 'User "simulated-client" does not have Manage Run or Owner or Admin permissions on job 1'
  const refused = { status: 403, body: { error_code: 'PERMISSION_DENIED', message } }
  t.match(await workspace.post('run-now', { job_id: 1 }), refused)
  t.match(await workspace.get('get?job_id=1'), { status: 400, body: { message: 'Job 1 does not exist.' } })
})

t.test('ids keep every digit, both ways', async (t) => {
  const workspace = await openWorkspace(t, { options: { ids: 'large' } })
  const jobs = [workspace.defineJob(one), workspace.defineJob({ ...one, name: 'two' })]
  t.equal(new Set(jobs.map(Number)).size, 1, 'the ids are neighbours that one double stands for')
  for (const jobId of jobs) {
    const runId = await workspace.run(jobId)
    const { text } = await workspace.get(`runs/get?run_id=${runId}`)
    t.match(text, `"run_id":${runId},`)
    t.match(text, `"job_id":${jobId},`)
  }
  t.strictSame(
    workspace.runs().map((run) => run.job_id),
    jobs,
  )
})

t.test('only some tasks, with what is upstream or downstream of them', async (t) => {
  const link = (task_key: string, ...from: string[]) => ({
    task_key,
    depends_on: from.map((key) => ({ task_key: key })),
  })
  const tasks = [link('a'), link('b', 'a'), link('c', 'b'), link('d')]
  const workspace = await openWorkspace(t, { jobs: [{ name: 'chain', job_id: '1', tasks, max_concurrent_runs: 9 }] })
  for (const [only, expected] of [
    [['b'], 'b'],
    [['+b'], 'ab'],
    [['b+', 'd'], 'bcd'],
    [['+b+'], 'abc'],
  ] as const) {
    const { tasks } = await workspace.read(await workspace.run('1', { only }))
    t.equal(tasks.map((task) => task.task_key).join(''), expected, only.join(' '))
  }
})
