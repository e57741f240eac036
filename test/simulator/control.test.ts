import t from 'tap'
import { openWorkspace } from './client.ts'

const job = { name: 'job', tasks: [{ task_key: 'main' }] }

t.test('everything can be controlled over HTTP', async (t) => {
  const workspace = await openWorkspace(t)
  const send = async (method: string, path: string, body?: string | object) => {
    const text = typeof body === 'object' ? JSON.stringify(body) : (body ?? null)
    const response = await fetch(`${workspace.url}/__simulator/${path}`, { method, body: text })
    return { status: response.status, body: await response.json() }
  }
  t.match(await send('GET', ''), { status: 200, body: { endpoints: Array } })
  t.match(await send('GET', 'nothing'), { status: 404 })
  const large = '9007199254740993'
  const defined = await send(
    'POST',
    'jobs',
    `[{"job_id":${large},"name":"large","tasks":[{"task_key":"a"}]},${JSON.stringify(job)}]`,
  )
  t.match(defined, { status: 200, body: [{ job_id: large }, { name: 'job', job_id: String }] })
  t.match(await send('GET', 'jobs'), { body: { length: 2 } })
  await send('DELETE', `jobs/${large}`)
  t.match(await send('GET', 'jobs'), { body: [job] })

  const runId = await workspace.run(workspace.jobs()[0]?.job_id as string, { idempotency_token: 'token' })
  t.match(await send('GET', 'runs'), { body: [{ run_id: runId, idempotency_token: 'token', end_time: null }] })
  const { now } = (await send('GET', 'clock')).body as { now: number }
  t.strictSame((await send('POST', 'clock', { advance_ms: 60_000 })).body, { now: now + 60_000 })
  t.match(await send('GET', 'runs'), { body: [{ result_state: 'SUCCESS' }] })

  t.match(await send('POST', 'faults', { path: '/api/*', status: 503, times: null }), { body: { id: 1 } })
  t.match(await workspace.get('list?limit=3'), { status: 503 })
  t.match(await send('GET', 'faults'), { body: [{ id: 1, seen: 1, fired: 1 }] })
  await send('DELETE', 'faults/1')
  t.match(await workspace.get('list'), { status: 200 })
  await send('DELETE', 'faults')

  t.match(await send('GET', 'calls?method=GET'), {
    body: [
      { method: 'GET', path: '/api/2.2/jobs/list', query: 'limit=3', status: 503, time: now + 60_000 },
      { method: 'GET', path: '/api/2.2/jobs/list', query: '', status: 200 },
    ],
  })
  t.match(await send('GET', 'calls?path=/api/2.2/jobs/run-now'), { body: [{ body: /"idempotency_token":"token"/ }] })
  t.strictSame((await send('GET', 'counts')).body, { 'POST /api/2.2/jobs/run-now': 1, 'GET /api/2.2/jobs/list': 2 })
  await send('DELETE', 'calls')
  t.strictSame((await send('GET', 'counts')).body, {})

  t.match(await send('PATCH', 'options', { ids: 'large' }), { body: { ids: 'large', latency_ms: 0 } })
  t.match(await send('GET', 'options'), { body: { ids: 'large' } })
  t.match(await send('PATCH', 'credentials', { token: 'other' }), { body: { token: 'other' } })
  t.match(await send('GET', 'credentials'), { body: { token: 'other' } })
  t.strictSame((await send('GET', 'tokens')).body, [])
  t.match(await send('DELETE', 'tokens'), { status: 200 })
  t.match(await workspace.get('list'), { status: 401 })
})

t.test('wrong input is refused with what is wrong', async (t) => {
  const workspace = await openWorkspace(t)
  const link = (task_key: string, from: string) => ({ task_key, depends_on: [{ task_key: from }] })
  for (const [method, path, body, message] of [
    ['POST', 'jobs', '{', /JSON/],
    ['POST', 'jobs', '', /job/],
    ['POST', 'jobs', '{"name":"x","tasks":[]}', /tasks/],
    ['POST', 'jobs', JSON.stringify({ ...job, speed: 1 }), /speed/],
    ['POST', 'jobs', JSON.stringify({ name: 'x', tasks: [{ task_key: 'a' }, { task_key: 'a' }] }), /unique/],
    ['POST', 'jobs', JSON.stringify({ name: 'x', tasks: [link('a', 'b')] }), /b, which does not exist/],
    ['POST', 'jobs', JSON.stringify({ name: 'x', tasks: [link('a', 'b'), link('b', 'a')] }), /circle/],
    ['POST', 'clock', '{"advance_ms":-1}', /advance_ms/],
    ['PATCH', 'options', '{"ids":"medium"}', /ids/],
    ['PATCH', 'credentials', '{"token":""}', /token/],
    ['DELETE', 'jobs', '', /id/],
  ] as const) {
    const init = { method, body: body || null }
    const response = await fetch(`${workspace.url}/__simulator/${path}`, init)
    t.match({ status: response.status, body: await response.json() }, { status: 400, body: { message } }, body)
  }
  t.strictSame(workspace.jobs(), [])
})

t.test('the log of calls is bounded, the counts are not', async (t) => {
  const workspace = await openWorkspace(t, { options: { max_calls: 10 } })
  for (let i = 0; i < 35; i++) await workspace.get(`list?limit=${i + 1}`)
  t.strictSame(
    workspace.calls().map((call) => call.query),
    Array.from({ length: 10 }, (_, i) => `limit=${i + 26}`),
  )
  t.strictSame(workspace.counts(), { 'GET /api/2.2/jobs/list': 35 })
  workspace.setOptions({ max_calls: 0 })
  await workspace.get('list')
  t.strictSame(workspace.calls(), [])
})
