import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { type CallOptions, KEYS, startGateway, startSimulator, writeConfig } from '../support/gateway.ts'

const job = (job_id: string, name: string, task: object, more = {}) => ({
  ...{ job_id, name, pending_ms: 0, cleanup_ms: 0, tasks: [{ task_key: 'main', duration_ms: 0, ...task }] },
  ...more,
})
const JOBS = [
  job('1', 'quick', {}, { parameters: [{ name: 'note', default: '' }] }),
  job('2', 'slow', { duration_ms: 60_000 }),
  job('3', 'fails', { attempts: ['failed', 'success'] }),
]
const PARAMETER = 'a-parameter-that-nobody-audits'
const WRONG_KEY = 'a-key-that-nobody-has'
const ADMIN = ['trigger', 'read', 'cancel', 'repair', 'admin']

t.test('who did what is in the ledger with it, what was refused in the log only', async (t) => {
  const simulator = await startSimulator(t, { jobs: JOBS })
  const file = writeConfig(t, simulator, {
    jobs: { quick: { job_id: '1', parameters: { note: {} } }, slow: { job_id: '2' }, fails: { job_id: '3' } },
    clients: { other: { permissions: ADMIN } },
  })
  const gateway = await startGateway(t, file)
  const { call } = gateway
  const asOther: CallOptions = { client: 'other' }
  const trigger = async (job: string, options: string, more?: CallOptions) =>
    (await call('POST', `/trigger/${job}?${options}`, more)).body

  /** Resolves when so many reloads are recorded. */
  const reloaded = async (times: number) => {
    while ((await call('GET', '/admin/audit?action=reload', asOther)).body.events.length < times) await sleep(50)
  }

  const quick = await trigger('quick', `key=K-1&ref=ORDER/1&p.note=${PARAMETER}&wait=10`)
  await trigger('quick', `key=K-1&ref=ORDER/2&p.note=${PARAMETER}`)
  await trigger('quick', `key=K-1&rerun=force&wait=10&p.note=${PARAMETER}`, asOther)
  await trigger('quick', `key=K-1&rerun=force&wait=10&p.note=${PARAMETER}`)
  await trigger('quick', `dry_run=true&p.note=${PARAMETER}`)
  await trigger('quick', 'dry_run=true&p.none=x')
  const slow = await trigger('slow', 'ref=ORDER/3')
  await call('POST', `/runs/${slow.id}/cancel?ref=CALL-7&wait=10`, asOther)
  await call('DELETE', `/runs/${slow.id}`)
  const failed = await trigger('fails', 'wait=10')
  await call('POST', `/runs/${failed.id}/repair?wait=10`, asOther)
  await trigger('nothing', 'ref=ORDER/4')
  await trigger('quick', '', { client: null, headers: { 'x-api-key': WRONG_KEY } })
  await call('POST', '/trigger/slow?key=LEFT&wait=30', { signal: AbortSignal.timeout(300) }).catch(() => {})

  const config = JSON.parse(readFileSync(file, 'utf8'))
  config.jobs.added = { job_id: '1' }
  writeFileSync(`${file}.new`, JSON.stringify(config))
  renameSync(`${file}.new`, file)
  await reloaded(1)
  gateway.signal('SIGHUP')
  await reloaded(2)

  t.match(await call('GET', '/admin/audit'), { status: 403, body: { code: 'forbidden' } })
  const { body } = await call('GET', '/admin/audit', asOther)
  const events = body.events.filter(({ action }: { action: string }) => action !== 'reload').reverse()
  const by = (client: 'control-m' | 'other') => ({ client, key_id: /^[0-9a-f]{8}$/, remote_address: '127.0.0.1' })
  const of = (run: { id: string }, attempt: number) => ({ run_id: run.id, attempt, workspace: 'main' })
  t.match(events, [
    { action: 'trigger', result: 'accepted', ...by('control-m'), ...of(quick, 1), job: 'quick', ref: 'ORDER/1' },
    { action: 'trigger', result: 'accepted', ...by('other'), job: 'quick', ref: null, detail: { kind: 'first' } },
    { action: 'trigger', ...by('control-m'), ...of(quick, 2), detail: { kind: 'force', databricks_job_id: '1' } },
    { action: 'trigger', ...by('control-m'), ...of(slow, 1), job: 'slow', ref: 'ORDER/3' },
    { action: 'cancel', result: 'asked', ...by('other'), ...of(slow, 1), job: 'slow', ref: 'CALL-7', detail: null },
    { action: 'trigger', ...by('control-m'), ...of(failed, 1), job: 'fails' },
    { action: 'repair', result: 'accepted', ...by('other'), ...of(failed, 2), detail: { kind: 'repair' } },
    { action: 'trigger', ...by('control-m'), job: 'slow' },
  ])
  t.equal(events.length, 8)
  const [asked, changed] = body.events.filter(({ action }: { action: string }) => action === 'reload')
  const nobody = { client: null, key_id: null, remote_address: null, job: null, result: 'applied' }
  t.match(changed, { ...nobody, detail: { cause: 'change', changed: ['jobs'], host: /./, config_after: /^sha256:/ } })
  t.match(asked, { ...nobody, detail: { cause: 'signal', changed: [], config_before: changed.detail.config_after } })
  t.equal(asked.detail.config_after, asked.detail.config_before)
  t.not(changed.detail.config_after, changed.detail.config_before)

  const ndjson = (await call('GET', '/admin/audit?format=ndjson', asOther)).text
  t.same(
    ndjson
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
    body.events,
  )
  const csv = (await call('GET', '/admin/audit', { ...asOther, headers: { accept: 'text/csv' } })).text
  t.equal(csv.trimEnd().split('\r\n').length, 11)

  gateway.signal('SIGTERM')
  t.equal(await gateway.exited, 0)
  const lines = gateway.lines().filter(({ event }) => event === 'audit')
  t.match(
    lines.map(({ action, result, client = '-', job = '-', ref = '-' }) => [action, result, client, job, ref].join(' ')),
    [
      'trigger started control-m quick ORDER/1',
      'trigger replayed control-m quick ORDER/2',
      'trigger started other quick -',
      'trigger started control-m quick -',
      'trigger started control-m slow ORDER/3',
      'cancel over other slow CALL-7',
      'cancel already_over control-m slow -',
      'trigger started control-m fails -',
      'repair started other fails -',
      'trigger unknown-job control-m nothing -',
      'trigger unauthenticated - quick -',
      'trigger started control-m slow -',
      'reload applied - - -',
      'reload applied - - -',
    ],
  )
  t.match(lines[0], { ...by('control-m'), run_id: quick.id, attempt: 1, request_id: /./, time: /Z$/ })

  const ledger = join(dirname(file), 'data')
  const places = {
    ...{ json: JSON.stringify(body), ndjson, csv, log: gateway.output() },
    ...{ audit: lines.map((line) => JSON.stringify(line)).join('') },
    ...Object.fromEntries(readdirSync(ledger).map((name) => [name, readFileSync(join(ledger, name), 'latin1')])),
  }
  for (const [place, text] of Object.entries(places)) {
    for (const secret of [...Object.values(KEYS), WRONG_KEY, 'simulated-secret', ...simulator.accessTokens()])
      t.notOk(text.includes(secret), `no secret in ${place}`)
    if (!place.startsWith('runs.db')) t.notOk(text.includes(PARAMETER), `no parameter in ${place}`)
  }
})

t.test('what was recorded outlives a kill, together with its run', async (t) => {
  const simulator = await startSimulator(t, { jobs: JOBS })
  const file = writeConfig(t, simulator, {
    jobs: { slow: { job_id: '2' } },
    clients: { other: { permissions: ADMIN } },
  })
  const gateway = await startGateway(t, file)
  const sent = Array.from({ length: 60 }, (_, i) =>
    gateway.trigger('slow', undefined, { key: `K-${i}` }).catch(() => {}),
  )
  await Promise.any(sent.slice(20))
  gateway.signal('SIGKILL')
  await gateway.exited
  const answered = (await Promise.all(sent)).flatMap((answer) => (answer?.body?.id ? [answer.body.id] : []))

  const again = await startGateway(t, file)
  const events = (await again.call('GET', '/admin/audit?limit=200', { client: 'other' })).body.events
  const runs = (await again.call('GET', '/runs?limit=200')).body.runs
  const ids = (list: Record<string, string>[], name: string) => list.map((one) => one[name]).sort()
  t.same(ids(events, 'run_id'), ids(runs, 'id'), 'an event for each run, and none more')
  for (const id of answered) t.ok(ids(events, 'run_id').includes(id))
})
