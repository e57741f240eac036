import t from 'tap'
import { startWithJobs } from '../support/with-jobs.ts'

t.test('a repeated key starts nothing and says so; an ending that was told may be followed by a rerun', async (t) => {
  const { call, simulator } = await startWithJobs(t)
  const good = await call('generic', 'POST', '/trigger/good?key=K&wait=30')
  t.match(good, { status: 200, body: { state: 'SUCCEEDED', replayed: false } })
  t.match(await call('generic', 'POST', '/trigger/good?key=K'), {
    status: 200,
    body: {
      id: good.body.id,
      replayed: true,
      message: /^Nothing was started: this key's run ended well at .*rerun=force/,
    },
  })
  t.match(await call('generic', 'POST', '/trigger/good?key=K&p.region=SUR'), {
    status: 422,
    body: { code: 'key-reused', id: good.body.id, state: 'SUCCEEDED', detail: /region = null; this call says "SUR"/ },
  })
  const first = await call('one', 'POST', '/trigger/bad?key=K')
  t.match(first, { status: 424, body: { attempt: 1 } })
  const second = await call('one', 'POST', '/trigger/bad?key=K&include=attempts')
  t.match(second, { status: 424, body: { id: first.body.id, attempt: 2, attempts: [{ number: 1 }, { number: 2 }] } })
  t.match(await call('one', 'POST', '/trigger/bad?key=K&rerun=replay'), {
    status: 424,
    body: { attempt: 2, replayed: true, message: /^Nothing was started: .*load: AnalysisException/ },
  })
  t.match(await call('generic', 'POST', '/trigger/strict?key=K&rerun=new'), {
    status: 422,
    body: { code: 'rerun-not-allowed' },
  })
  t.match(await call('generic', 'POST', '/trigger/strict'), { status: 400, body: { code: 'key-required' } })
  t.equal(simulator.runs().length, 3)
})

t.test('force runs again what ended well', async (t) => {
  const { call } = await startWithJobs(t)
  const good = await call('generic', 'POST', '/trigger/good?key=K&wait=30')
  t.match(await call('generic', 'POST', '/trigger/good?key=K&rerun=force&wait=30'), {
    body: { id: good.body.id, attempt: 2, replayed: false, state: 'SUCCEEDED' },
  })
})

t.test('a press of the rerun button is answered once', async (t) => {
  const { call, simulator } = await startWithJobs(t)
  const press = (id: string) => call('one', 'POST', `/trigger/bad?key=K&rerun_id=${id}`)
  t.match(await press('1'), { status: 424, body: { attempt: 1, replayed: false } })
  t.match(await press('1'), { status: 424, body: { attempt: 1, replayed: true } }, 'the same press again')
  t.match(await press('2'), { status: 424, body: { attempt: 2, replayed: false } })
  t.match(await press('2'), { status: 424, body: { attempt: 2, replayed: true } })
  t.equal(simulator.runs().length, 2)
})
