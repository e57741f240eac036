import t from 'tap'
import { startWithJobs } from '../support/with-jobs.ts'

t.test('parameters in every form that schedulers send', async (t) => {
  const { call } = await startWithJobs(t)
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const cases: [
    what: string,
    job: string,
    query: string,
    options: { body?: string; headers?: Record<string, string> },
  ][] = [
    [
      'JSON',
      'good',
      '',
      { body: '{"parameters":{"day":"2026-11-22"}}', headers: { 'content-type': 'application/json' } },
    ],
    ['no content type', 'good', '', { body: '{"parameters":{"day":"20261122"}}', headers: { 'content-type': '' } }],
    [
      'a content type that is none',
      'good',
      '',
      { body: '{"parameters":{"day":20261122}}', headers: { 'content-type': 'json' } },
    ],
    ['JSON that is called a form', 'good', '', { body: '{"parameters":{"day":"20261122"}}', headers: form }],
    ["Databricks' own name", 'good', '', { body: '{"job_parameters":{"day":"20261122"}}' }],
    ["another kind's name", 'notebook', '', { body: '{"notebook_params":{"day":"20261122"}}' }],
    ['a form', 'good', '', { body: 'day=20261122', headers: form }],
    ['a form with a prefix', 'good', '', { body: 'p.day=20261122', headers: form }],
    ['the query', 'good', '?p.day=2026-11-22', {}],
    ['query and body', 'good', '?p.day=20261122', { body: '{"parameters":{"day":"20261122"}}' }],
    ['ends of lines by Control-M', 'good', '', { body: '{%4E"parameters":{%4E"day":"20261122"%4E}}' }],
  ]
  for (const [what, job, query, options] of cases) {
    const answer = await call('generic', 'POST', `/trigger/${job}${query}`, options)
    t.match(answer, { status: 202, body: { parameters: { day: '2026-11-22' } } }, what)
  }
  t.match(await call('generic', 'POST', '/trigger/good'), { status: 202, body: { parameters: { region: 'NORTE' } } })
  const six = await call('control-m', 'POST', '/trigger/good?key=K&p.day=261122&outcome=body&wait=0')
  t.match(six, { status: 202, body: { parameters: { day: '2026-11-22' } } }, 'six digits as this client means them')
})

t.test('parameters that do not fit are told with what would', async (t) => {
  const { call, simulator } = await startWithJobs(t)
  const refuses = async (query: string, detail: RegExp, body?: string) =>
    t.match(await call('generic', 'POST', `/trigger/good?${query}`, body === undefined ? {} : { body }), {
      status: 422,
      body: { code: 'invalid-parameters', detail },
    })
  await refuses('p.dya=1', /"dya" is not a parameter of this job; it takes day, region/)
  await refuses('p.day=261122', /have date_input set for this client/)
  await refuses('p.day=x&p.y=1', /day is "x".*; "y" is not a parameter/)
  await refuses('', /day is \[\[/, `{"parameters":{"day":${'['.repeat(500)}${']'.repeat(500)}}}`)
  t.match(await call('generic', 'POST', '/trigger/good?p.day=20261122', { body: '{"parameters":{"day":"x"}}' }), {
    status: 400,
    body: { detail: 'day is given twice, as "x" and as "20261122". Send one.' },
  })
  t.equal(simulator.runs().length, 0)
})
