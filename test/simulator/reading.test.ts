import t from 'tap'
import type { TaskDefinition } from '../../src/simulator/definitions.ts'
import { type Body, openWorkspace } from './client.ts'

const many = (count: number): TaskDefinition[] =>
  Array.from({ length: count }, (_, i) => ({ task_key: `task-${i}`, duration_ms: i }))

t.test('2.2 gives runs and jobs in pages of 100, older versions refuse what does not fit in one', async (t) => {
  const parameters = Array.from({ length: 101 }, (_, i) => ({ name: `p${1_000 + i}`, default: '' }))
  const workspace = await openWorkspace(t, { jobs: [{ name: 'large', job_id: '1', tasks: many(250), parameters }] })
  const runId = await workspace.run('1')

  const pagesOf = async (path: string) => {
    const pages: Body[] = []
    let token = ''
    do {
      const { body } = await workspace.get(`${path}${token && `&page_token=${encodeURIComponent(token)}`}`)
      pages.push(body)
      token = body.next_page_token ?? ''
    } while (token)
    return pages
  }
  const keys = many(250).map((task) => task.task_key)
  const run = await pagesOf(`runs/get?run_id=${runId}`)
  t.strictSame(
    run.map((page) => page.tasks.length),
    [100, 100, 50],
  )
  t.strictSame(
    run.flatMap((page) => page.tasks.map((task) => task.task_key)),
    keys,
  )
  t.strictSame(run.flatMap((page) => page['job_parameters'] ?? []).length, 101)
  const settings = (await pagesOf('get?job_id=1')).map((page) => page['settings'] as Body)
  t.strictSame(
    settings.flatMap((page) => page.tasks.map((task) => task.task_key)),
    keys,
  )
  t.strictSame(settings.flatMap((page) => page['parameters'] ?? []).length, 101)

  const message =
    'Resources with more than 100 tasks can only be handled by API 2.2 and above. Your resource has 250 tasks'
  for (const path of [`runs/get?run_id=${runId}`, 'get?job_id=1']) {
    t.match(await workspace.get(`/api/2.1/jobs/${path}`), { status: 400, body: { message } })
    t.match(await workspace.get(`${path}&page_token=nonsense`), { status: 400 })
  }
})

t.test('every version reads the same runs', async (t) => {
  const workspace = await openWorkspace(t, { jobs: [{ name: 'job', job_id: '1', tasks: many(2) }] })
  const runId = await workspace.run('1')
  for (const version of ['2.0', '2.1', '2.2']) {
    t.match(await workspace.get(`/api/${version}/jobs/runs/get?run_id=${runId}`), {
      status: 200,
      body: { tasks: { length: 2 } },
    })
  }
  t.match(await workspace.get('/api/2.3/jobs/get'), { status: 404, body: { error_code: 'ENDPOINT_NOT_FOUND' } })
  t.match(await workspace.post('runs/get', {}), { status: 404, body: { error_code: 'ENDPOINT_NOT_FOUND' } })
})

t.test('a missing run and a wrong id are 400', async (t) => {
  const workspace = await openWorkspace(t)
  const error_code = 'INVALID_PARAMETER_VALUE'
  for (const path of ['runs/get', 'runs/get-output']) {
    const answers = { status: 400, body: { error_code } }
    t.match(await workspace.get(`${path}?run_id=5`), { ...answers, body: { message: 'Run 5 does not exist.' } })
    t.match(await workspace.get(`${path}?run_id=x`), answers)
    t.match(await workspace.get(path), answers)
  }
})

t.test('output belongs to task runs', async (t) => {
  const trace = '\u001b[0;31mAnalysisException\u001b[0m: no such table'
  const workspace = await openWorkspace(t, {
    jobs: [
      {
        name: 'job',
        job_id: '1',
        tasks: [
          { task_key: 'result', notebook_exit: '{"rows": 42}' },
          { task_key: 'silent' },
          { task_key: 'logs', kind: 'wheel', logs: `${'x'.repeat(5 * 1024 * 1024)}end` },
          { task_key: 'broken', outcome: 'failed', error: 'AnalysisException: no such table' },
          { task_key: 'traced', outcome: 'failed', error: 'AnalysisException: no such table', error_trace: trace },
        ],
      },
    ],
  })
  const runId = await workspace.run('1')
  const message = /^Retrieving the output of runs with multiple tasks is not supported\./
  t.match(await workspace.get(`runs/get-output?run_id=${runId}`), {
    status: 400,
    body: { error_code: 'INVALID_PARAMETER_VALUE', message },
  })
  const { tasks } = await workspace.read(runId)
  const output = async (key: string) => {
    const { run_id } = tasks.find((task) => task.task_key === key) ?? { run_id: 0 }
    return (await workspace.get(`runs/get-output?run_id=${run_id}`)).body
  }
  t.strictSame(Object.keys(await output('result')), ['metadata'], 'nothing before the end')
  workspace.advance(60_000)
  t.match(await output('result'), {
    notebook_output: { result: '{"rows": 42}', truncated: false },
    metadata: { task_key: 'result', job_run_id: Number(runId), state: { result_state: 'SUCCESS' } },
  })
  t.strictSame((await output('silent'))['notebook_output'], {})
  const { logs, logs_truncated } = await output('logs')
  t.match({ logs, logs_truncated }, { logs: /^x+end$/, logs_truncated: true })
  t.equal(`${logs}`.length, 5 * 1024 * 1024)
  t.match(await output('broken'), { error: 'AnalysisException: no such table', error_trace: '\u001b[' })
  t.match(await output('traced'), { error: 'AnalysisException: no such table', error_trace: trace })
  t.match(await workspace.read(tasks[0]?.run_id ?? 0), { task_key: 'result', tasks: [{ task_key: 'result' }] })
})

t.test('the only task answers for its run, unless this workspace refuses that', async (t) => {
  const tasks = [{ task_key: 'main', notebook_exit: 'done' }]
  const workspace = await openWorkspace(t, { jobs: [{ name: 'job', job_id: '1', tasks }] })
  const runId = await workspace.run('1')
  workspace.advance(60_000)
  const path = `runs/get-output?run_id=${runId}`
  t.match(await workspace.get(path), { body: { notebook_output: { result: 'done' } } })
  workspace.setOptions({ single_task_output_status: 400 })
  t.match(await workspace.get(path), { status: 400 })
})

t.test('jobs are listed by exact name whatever its case, in pages, never with parameters', async (t) => {
  const workspace = await openWorkspace(t)
  for (let i = 0; i < 45; i++) {
    workspace.defineJob({ name: `Job ${i}`, tasks: many(1), parameters: [{ name: 'a', default: '' }] })
  }
  t.match((await workspace.get('list?name=jOB%207')).body.jobs, { length: 1, 0: { settings: { name: 'Job 7' } } })
  t.strictSame((await workspace.get('list?name=Job')).body.jobs, [])
  const first = (await workspace.get('list?expand_tasks=true')).body
  t.match(first.jobs, { length: 20, 0: { settings: { tasks: { length: 1 } } } })
  t.notOk(JSON.stringify(first.jobs).includes('parameters'))
  t.notOk('has_more' in first)
  const last = (await workspace.get(`/api/2.1/jobs/list?limit=100&offset=40`)).body
  t.match(last, { jobs: { length: 5 }, has_more: false })
  for (const limit of ['0', '101', 'x']) t.match(await workspace.get(`list?limit=${limit}`), { status: 400 }, limit)
})
