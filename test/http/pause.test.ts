import t, { type Test } from 'tap'
import { type InProcess, type InProcessSettings, startInProcess } from '../support/in-process.ts'
import { createJumpingClock } from '../support/jumping-clock.ts'

const RUN_NOW = '/api/2.2/jobs/run-now'

const quick = (job_id: string, task: object = {}) => ({
  ...{ job_id, name: `job-${job_id}`, max_concurrent_runs: 100, pending_ms: 0, cleanup_ms: 0 },
  tasks: [{ task_key: 'load', duration_ms: 20, ...task }],
})

/** A gateway with two jobs; `platform` may pause all of it, `owner` one job, `generic` calls. */
async function start(t: Test, settings: Partial<InProcessSettings> = {}) {
  const program = await startInProcess(t, {
    ...settings,
    workspace: { jobs: [quick('11'), quick('12', { outcome: 'failed' })] },
    jobs: { good: { job_id: '11' }, bad: { job_id: '12', rerun_min_seconds: 0 } },
    clients: {
      generic: { permissions: ['trigger', 'read', 'cancel', 'repair'] },
      platform: { permissions: ['admin', 'metrics'] },
      owner: { permissions: ['admin', 'read'], jobs: ['good'] },
    },
  })
  const post = (client: string, path: string, body?: unknown) =>
    program.call(client, 'POST', path, body === undefined ? {} : { body: JSON.stringify(body) })
  return {
    ...program,
    pause: (body?: unknown, client = 'platform') => post(client, '/admin/pause', body),
    resume: (body?: unknown, client = 'platform') => post(client, '/admin/resume', body),
    list: async (client = 'platform') => (await program.call(client, 'GET', '/admin/pauses')).body.pauses,
    trigger: (path: string) => post('generic', `/trigger/${path}`),
    read: (id: string) => program.call('generic', 'GET', `/runs/${id}`),
  }
}

async function ended({ call }: Pick<InProcess, 'call'>, id: string) {
  for (;;) {
    const { status, body } = await call('generic', 'GET', `/runs/${id}/await?wait=30`)
    if (status !== 202) return body
  }
}

t.test('a pause is told, listed, replaced and ended', async (t) => {
  const { pause, resume, list, call } = await start(t)
  t.same(await list(), [])
  const until = new Date(Date.now() + 3_600_000).toISOString()
  const paused = await pause({ workspace: 'main', message: 'Databricks is upgraded.', until })
  t.match(paused, {
    status: 200,
    body: { scope: 'workspace', name: 'main', mode: 'hold', message: 'Databricks is upgraded.', until },
  })
  t.match(paused.body, { paused_by: 'platform', paused_at: /Z$/ })
  t.same(await list(), [paused.body])
  const replaced = await pause({ workspace: 'main', mode: 'refuse' })
  t.match(replaced.body, { mode: 'refuse', message: '', until: null })
  const all = await pause()
  t.match(all.body, { scope: 'all', name: null, mode: 'hold' })
  t.same(new Set(await list()), new Set([replaced.body, all.body]))
  t.match(await resume({ workspace: 'main' }), {
    status: 200,
    body: { ended: { scope: 'workspace', name: 'main', until: /Z$/ }, pauses: [all.body] },
  })
  t.match(await resume({ workspace: 'main' }), { status: 200, body: { ended: null, pauses: [all.body] } })
  t.match(await resume({}), { status: 200, body: { ended: { scope: 'all' }, pauses: [] } })
  t.same(await list(), [])

  const { events } = (await call('platform', 'GET', '/admin/audit')).body
  t.match(events, [
    { action: 'resume', workspace: null, detail: { scope: 'all', name: null } },
    { action: 'resume', workspace: 'main', detail: { scope: 'workspace', name: 'main' } },
    { action: 'pause', workspace: null, detail: { scope: 'all', mode: 'hold', until: null } },
    { action: 'pause', workspace: 'main', detail: { mode: 'refuse', message: '' } },
    { action: 'pause', result: 'applied', client: 'platform', detail: { message: 'Databricks is upgraded.', until } },
  ])
  t.equal(events.length, 5, 'what changed nothing is not told')
})

t.test('what a pause may not say is refused, and nothing is paused', async (t) => {
  const { pause, resume, list, call } = await start(t)
  const refusals: [body: unknown, status: number, detail: RegExp][] = [
    [{ job: 'godo' }, 404, /There is no job "godo"; did you mean good\?/],
    [{ workspace: 'mian' }, 400, /There is no workspace "mian"; did you mean main\?/],
    [{ workspace: 'main', job: 'good' }, 400, /do not go together/],
    [{ job: '' }, 400, /job must not be empty|Member job/],
    [{ jobs: 'good' }, 400, /Member "jobs" is not known; did you mean job\?/],
    [{ mode: 'stop' }, 400, /Member mode is "stop"; it takes hold, refuse/],
    [{ until: '2020-01-01T00:00:00Z' }, 400, /which is over/],
    [{ until: 'tomorrow' }, 400, /takes an instant/],
    [{ until: '2100-01-01T00:00:00' }, 400, /takes an instant/],
    [{ message: 'x'.repeat(301) }, 400, /at most 300 characters/],
    [{ message: 'a\nb' }, 400, /one line/],
    [['good'], 400, /no JSON object; it takes one such as \{"workspace":"main"/],
  ]
  for (const [body, status, detail] of refusals) {
    t.match(await pause(body), { status, body: { detail } }, JSON.stringify(body))
  }
  const form = { body: 'job=good', headers: { 'content-type': 'application/x-www-form-urlencoded' } }
  t.match(await call('platform', 'POST', '/admin/pause', form), { status: 400, body: { detail: /no JSON/ } })
  t.match(await call('platform', 'POST', '/admin/pause?job=good'), { status: 400 }, 'not taken for one of all')
  t.match(await resume({ job: 'godo' }), { status: 404 })
  t.match(await call('generic', 'POST', '/admin/pause'), { status: 403, body: { code: 'forbidden' } })
  t.match(await call('generic', 'GET', '/admin/pauses'), { status: 403 })
  t.same(await list(), [])
})

t.test('a client that sees some jobs pauses only these, and learns of no others', async (t) => {
  const { pause, resume, list } = await start(t)
  for (const body of [undefined, { workspace: 'main' }]) {
    t.match(await pause(body, 'owner'), { status: 403, body: { detail: /does not see every job/ } })
    t.match(await resume(body, 'owner'), { status: 403 })
  }
  t.match(await pause({ job: 'bad' }, 'owner'), { status: 404, body: { code: 'unknown-job' } })
  t.match(await pause({ job: 'good' }, 'owner'), { status: 200, body: { paused_by: 'owner' } })
  await pause({ job: 'bad' })
  t.match(await list('owner'), [{ name: 'good' }])
  t.equal((await list()).length, 2)
  t.match(await resume({ job: 'good' }, 'owner'), { body: { ended: { name: 'good' }, pauses: [] } })
})

t.test('refuse: nothing starts, and everything else goes on', async (t) => {
  const program = await start(t)
  const { pause, resume, trigger, read, call, simulator } = program
  const good = await trigger('good?key=OK&wait=30')
  const bad = await trigger('bad?key=KO&wait=30')
  await pause({ job: 'good', message: 'For a while' })
  const held = await trigger('good?key=HELD')
  await pause({ mode: 'refuse', message: 'Month end.', until: new Date(Date.now() + 60_000).toISOString() })

  const refused = await trigger('good?key=NEW')
  t.match(refused, {
    status: 503,
    body: {
      code: 'paused',
      retryable: true,
      detail: /^Triggers of job good are paused by platform until 2\S+Z: Month end\. Nothing was started;/,
    },
  })
  const retryAfter = Number(refused.headers.get('retry-after'))
  t.ok(retryAfter > 30 && retryAfter <= 60, `Retry-After: ${retryAfter}`)
  t.match(await call('generic', 'GET', '/run?job=good&key=NEW'), { status: 404 }, 'nothing was written')
  t.match(await trigger('good?key=D&dry_run=true'), { status: 503, body: { code: 'paused' } })
  t.match(await trigger('bad?key=KO&rerun=new'), { status: 503, body: { code: 'paused', id: bad.body.id } })
  t.match(await trigger('bad?key=KO&rerun=repair'), { status: 503 })
  t.match(await call('generic', 'POST', `/runs/${bad.body.id}/repair`), { status: 503, body: { id: bad.body.id } })

  t.match(await trigger('good?key=OK'), { status: 200, body: { state: 'SUCCEEDED', replayed: true } })
  t.match(await trigger('good?key=HELD'), { status: 202, body: { id: held.body.id, state: 'SUBMITTING' } })
  t.match(await trigger('good?key=OK&dry_run=true'), { status: 200, body: { would: 'replay', paused: null } })
  t.match(await read(held.body.id), { status: 200, body: { state: 'SUBMITTING' } })
  t.match(await call('generic', 'POST', `/runs/${held.body.id}/cancel`), { status: 200, body: { state: 'CANCELED' } })
  t.match(await read(good.body.id), { status: 200 })
  t.equal(simulator.runs().length, 2)

  await resume()
  await resume({ job: 'good' })
  t.match(await trigger('good?key=NEW&wait=30'), { status: 200, body: { state: 'SUCCEEDED' } })
})

t.test('a pause without an end sends callers away for a minute at a time, a long one for five', async (t) => {
  const { pause, trigger } = await start(t)
  await pause({ mode: 'refuse' })
  t.equal((await trigger('good')).headers.get('retry-after'), '60')
  await pause({ mode: 'refuse', until: new Date(Date.now() + 86_400_000).toISOString() })
  t.equal((await trigger('good')).headers.get('retry-after'), '300')
})

t.test('hold: a repair and a rerun wait, too, and go on as what they are', async (t) => {
  const program = await start(t)
  const { pause, resume, trigger, call, simulator } = program
  const repaired = await trigger('bad?key=A&wait=30')
  const rerun = await trigger('bad?key=B&wait=30')
  await pause({ job: 'bad', message: 'Soon.' })
  const first = await call('generic', 'POST', `/runs/${repaired.body.id}/repair`)
  t.match(first, { status: 202, body: { state: 'SUBMITTING', attempt: 2, message: /paused by platform .*: Soon\./ } })
  const second = await trigger('bad?key=B&rerun=new')
  t.match(second, { status: 202, body: { id: rerun.body.id, state: 'SUBMITTING', attempt: 2, message: /Soon\./ } })
  t.equal(simulator.runs().length, 2)
  await resume({ job: 'bad' })
  const run = `/runs/${repaired.body.id}?include=attempts`
  await ended(program, repaired.body.id)
  const [one, two] = (await call('generic', 'GET', run)).body.attempts
  t.match([one, two], [{ kind: 'first' }, { kind: 'repair', databricks_run_id: one.databricks_run_id }])
  t.match(await ended(program, rerun.body.id), { attempt: 2, state: 'FAILED' })
  t.equal(simulator.runs().length, 3)
})

t.test('one that was never confirmed is not posted again while it is paused', async (t) => {
  const clock = createJumpingClock(Date.now())
  const program = await start(t, { clock, server: { trigger_timeout_seconds: 0.5 } })
  const { pause, resume, trigger, simulator } = program
  simulator.addFault({ method: 'POST', path: RUN_NOW, when: 'after', drop: true })
  simulator.addFault({ path: '/api/*', status: 503, times: null })
  const { id } = (await trigger('good?key=K&start_within=2')).body
  clock.jump(30_000)
  t.match(await ended(program, id), { state: 'UNCONFIRMED' })
  simulator.clearFaults()
  await pause({ message: 'Soon.' })
  const posts = () => simulator.calls().filter(({ path }) => path === RUN_NOW).length
  const before = posts()
  t.match((await trigger('good?key=K&rerun=force')).body, { id, state: 'SUBMITTING', message: /Soon\./ })
  clock.jump(400_000)
  t.match((await trigger('good?key=K')).body, { id, state: 'SUBMITTING', message: /Soon\./ }, 'long after its deadline')
  t.equal(posts(), before)
  await resume()
  t.match(await ended(program, id), { state: 'SUCCEEDED', attempt: 1 })
  t.equal(simulator.runs().length, 1)
})

t.test('the catalogue and a dry run say what is paused', async (t) => {
  const { pause, trigger, call } = await start(t)
  const job = async (name: string) => (await call('generic', 'GET', `/jobs/${name}`)).body
  t.equal((await job('good')).paused, null)
  const { body: paused } = await pause({ job: 'good', message: 'Soon.' })
  t.same((await job('good')).paused, paused)
  t.equal((await job('bad')).paused, null)
  t.match(await trigger('good?key=K&dry_run=true'), {
    status: 200,
    body: {
      would: 'start',
      paused,
      message: 'A run would be started. It would wait here: paused by platform until it is resumed: Soon.',
    },
  })
  t.match(await trigger('bad?key=K&dry_run=true'), { status: 200, body: { message: 'A run would be started.' } })
})

t.test('metrics tell what is paused, and a held run is not stuck', async (t) => {
  const { pause, resume, trigger, call } = await start(t)
  const { body: paused } = await pause({ workspace: 'main' })
  await trigger('good?key=K')
  const scrape = async () => (await call('platform', 'GET', '/metrics')).text
  const since = Date.parse(paused.paused_at) / 1000
  const series = 'job_gateway_pause_started_timestamp_seconds{scope="workspace",name="main",mode="hold"}'
  t.ok((await scrape()).includes(`${series} ${since}\n`))
  t.match(await scrape(), /^job_gateway_submitting_oldest_age_seconds\{workspace="main"\} 0$/m)
  await resume({ workspace: 'main' })
  t.notMatch(await scrape(), /^job_gateway_pause_started_timestamp_seconds\{/m)
})
