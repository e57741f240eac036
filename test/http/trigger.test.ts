import t from 'tap'
import { startWithJobs } from '../support/with-jobs.ts'

t.test('one-call: the status of one call tells how the run ended', async (t) => {
  const { call } = await startWithJobs(t, { max_wait_seconds: 2 })
  t.match(await call('one', 'POST', '/trigger/good?key=K'), { status: 200, body: { state: 'SUCCEEDED', result: 'OK' } })
  const failed = await call('one', 'POST', '/trigger/bad', { headers: { 'idempotency-key': '"K"' } })
  t.match(failed, {
    status: 424,
    body: { state: 'FAILED', key: 'K', code: 'run-failed', detail: 'load: AnalysisException: stg.sales' },
  })
  t.equal(failed.headers.get('content-type'), 'application/problem+json; charset=utf-8')

  const slow = await call('one', 'POST', '/trigger/slow?key=K&wait=0')
  t.match(slow, { status: 425, body: { done: false, code: 'run-active', retryable: true } })
  t.match(slow.headers.get('retry-after'), /^\d+$/)
  t.equal(slow.headers.get('location'), slow.headers.get('location')?.replace(/runs\/.*/, `runs/${slow.body.id}/await`))
  const again = await call('one', 'POST', '/trigger/slow?key=K&wait=0&format=result')
  t.match(again, { status: 425, text: 'ACTIVE\n' })
  t.match(await call('one', 'POST', '/trigger/good'), { status: 400, body: { code: 'key-required' } })
})

t.test('the plug-in that takes nothing but 200 and polls `result`', async (t) => {
  const { call } = await startWithJobs(t)
  const accepted = await call('plugin', 'POST', '/trigger/bad?key=K')
  t.match(accepted, { status: 200, body: { done: false, result: '' } })
  for (;;) {
    const { status, body } = await call('plugin', 'GET', `/runs/${accepted.body.id}`)
    t.equal(status, 200)
    if (body.result === '') continue
    t.equal(body.result, 'KO')
    break
  }
})

t.test('a trigger may submit only', async (t) => {
  const { call } = await startWithJobs(t)
  t.match(await call('generic', 'POST', '/trigger/slow?accepted=200'), { status: 200, body: { done: false } })
  t.match(await call('generic', 'POST', '/trigger/slow?accepted=200&outcome=http'), {
    status: 400,
    body: { code: 'invalid-request', detail: /the one answers before the end/ },
  })
})

t.test('what Databricks refuses is an error at once, with its own words and the run', async (t) => {
  const { call, simulator } = await startWithJobs(t)
  simulator.addFault({
    ...{ method: 'POST', path: '/api/*/jobs/run-now', status: 400, headers: { 'x-request-id': 'req-1' } },
    body: { error_code: 'INVALID_PARAMETER_VALUE', message: 'TOKEN is FAILED' },
  })
  const refused = await call('generic', 'POST', '/trigger/good?key=K')
  t.match(refused, {
    status: 422,
    body: {
      ...{ code: 'databricks-refused', state: 'REJECTED', retryable: false },
      detail: 'Databricks refused the run (INVALID_PARAMETER_VALUE: token is failed; request id req-1). Nothing runs.',
    },
  })
  t.equal(refused.headers.get('x-run-id'), refused.body.id)
  t.match(await call('generic', 'GET', `/runs/${refused.body.id}`), {
    status: 200,
    body: { state: 'REJECTED', result: 'KO' },
  })
  t.match(await call('generic', 'POST', '/trigger/good?key=K&rerun_id=2'), {
    status: 202,
    body: { id: refused.body.id, attempt: 2, replayed: false },
  })

  t.match(await call('generic', 'POST', '/trigger/denied'), { status: 502, body: { code: 'databricks-denied' } })
  t.match(await call('generic', 'POST', '/trigger/missing?format=text'), {
    status: 502,
    text: /^ERROR databricks-job-missing Databricks does not know the job of the catalogue \([^\n]+\)\. Nothing runs\.\n$/,
  })
})

t.test('while Databricks does not answer a trigger is active, not failed', async (t) => {
  const { call, simulator } = await startWithJobs(t, { trigger_timeout_seconds: 0.3 })
  const fault = simulator.addFault({ path: '/api/*', drop: true, times: null })
  const accepted = await call('azure', 'POST', '/trigger/good?key=K')
  t.match(accepted, { status: 202, body: { state: 'SUBMITTING', done: false, databricks_run_id: null } })
  t.match(await call('azure', 'GET', accepted.headers.get('location') ?? ''), { status: 202 })
  simulator.clearFaults(fault)
  t.match(await call('azure', 'GET', `${accepted.headers.get('location')}?wait=30`), {
    status: 200,
    body: { id: accepted.body.id, state: 'SUCCEEDED' },
  })
  t.equal(simulator.runs().length, 1)
})

t.test('a dry run says what would happen and starts nothing', async (t) => {
  const { call, simulator } = await startWithJobs(t)
  const dry = (query: string) => call('generic', 'POST', `/trigger/good?dry_run=true&${query}`)
  t.match(await dry('key=K&p.day=20261122'), {
    status: 200,
    body: { dry_run: true, would: 'start', key: 'K', run_id: null, parameters: { day: '2026-11-22', region: 'NORTE' } },
  })
  t.match(await dry('p.day=never'), { status: 422, body: { code: 'invalid-parameters' } })
  t.match(await dry('format=text'), { status: 200, text: 'A run would be started.\n' })
  t.equal(simulator.runs().length, 0)
  const run = await call('generic', 'POST', '/trigger/good?key=K&wait=30')
  t.match(await dry('key=K'), { status: 200, body: { would: 'replay', run_id: run.body.id } })
  t.equal(simulator.runs().length, 1)
})

t.test('a permission that is missing is told before anything is started', async (t) => {
  const { call, simulator } = await startWithJobs(t)
  t.match(await call('generic', 'POST', '/trigger/good?include=output'), { status: 403, body: { code: 'forbidden' } })
  t.equal(simulator.runs().length, 0)
})

t.test('every trigger is counted by what it was answered', async (t) => {
  const { call } = await startWithJobs(t)
  await call('generic', 'POST', '/trigger/good?key=K&wait=30')
  await call('generic', 'POST', '/trigger/good?key=K')
  await call('generic', 'POST', '/trigger/slow?key=K')
  await call('generic', 'POST', '/trigger/slow?key=K')
  await call('generic', 'POST', '/trigger/denied')
  await call('generic', 'POST', '/trigger/good?wait=soon')
  await call('generic', 'POST', '/trigger/nobody-knows')
  await call('nobody', 'POST', '/trigger/good')
  const { text } = await call('generic', 'GET', '/metrics')
  const counted = text
    .split('\n')
    .filter((line) => line.startsWith('job_gateway_triggers_total{') && !line.endsWith(' 0'))
  t.strictSame(counted.sort(), [
    'job_gateway_triggers_total{job="denied",client="generic",answer="rejected"} 1',
    'job_gateway_triggers_total{job="good",client="generic",answer="refused"} 1',
    'job_gateway_triggers_total{job="good",client="generic",answer="replayed"} 1',
    'job_gateway_triggers_total{job="good",client="generic",answer="started"} 1',
    'job_gateway_triggers_total{job="slow",client="generic",answer="attached"} 1',
    'job_gateway_triggers_total{job="slow",client="generic",answer="started"} 1',
    'job_gateway_triggers_total{job="unknown",client="generic",answer="refused"} 1',
  ])
  t.match(text, /^job_gateway_wait_seconds_count 1$/m)
})

t.test('Azure Data Factory and Logic Apps follow Location until the first answer that is not 202', async (t) => {
  const { call, url } = await startWithJobs(t)
  for (const [job, verdict] of [
    ['good', 200],
    ['bad', 424],
  ] as const) {
    let answer = await call('azure', 'POST', `/trigger/${job}?key=${job}`, { body: '{}' })
    let polls = 0
    while (answer.status === 202) {
      const location = answer.headers.get('location') ?? ''
      t.ok(location.startsWith(`${url}/`), 'an absolute Location on every 202')
      t.match(answer.headers.get('retry-after'), /^[1-9]\d*$/)
      answer = await call('azure', 'GET', location)
      polls++
    }
    t.equal(answer.status, verdict, job)
    t.equal(typeof answer.body, 'object')
    t.ok(polls > 0)
  }
})
