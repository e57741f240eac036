import { request as httpRequest } from 'node:http'
import t, { type Test } from 'tap'
import { hashKey } from '../../src/config/key-hash.ts'
import type { AuditEvent } from '../../src/runs/audit.ts'
import { LedgerError, type RunStore } from '../../src/runs/store.ts'
import { startServer } from '../support/http-server.ts'

const NOW = Date.UTC(2026, 10, 22, 20)
const OPERATOR = { 'x-api-key': 'key-of-operator' }
const NARROW = { 'x-api-key': 'key-of-narrow' }
const sections = `
  operator: { keys: ["${hashKey(OPERATOR['x-api-key'])}"], jobs: ["*"], permissions: [admin] }
  narrow: { keys: ["${hashKey(NARROW['x-api-key'])}"], jobs: ["team-*"], permissions: [admin] }`

function makeEvent(second: number, fields: Partial<AuditEvent> = {}): AuditEvent {
  return {
    at: NOW + second * 1_000,
    ...{ action: 'trigger', result: 'accepted', client: 'control-m', key_id: '9f86d081', remote_address: '192.0.2.7' },
    ...{ workspace: 'main', job: 'nightly-load', run_id: '01KAPXVZ0GQ4T8W2R5Y7B9D1FH', attempt: 1, ref: 'SALES/1' },
    detail: { kind: 'first', databricks_job_id: '281874479417551' },
    ...fields,
  }
}

async function start(t: Test, between?: (store: RunStore) => RunStore) {
  const server = await startServer(t, { sections, ...(between && { between }) })
  const ask = (query = '', headers: Record<string, string> = {}) =>
    server.call(`/admin/audit${query}`, { as: null, headers: { ...OPERATOR, ...headers } })
  return { ...server, ask }
}

t.test('newest first, page by page, by every filter', async (t) => {
  const { store, ask } = await start(t)
  const cancel = { action: 'cancel', result: 'asked', client: 'other', job: 'team-report', detail: null } as const
  for (let i = 0; i < 5; i++) await store.recordEvent(makeEvent(i))
  await store.recordEvent(makeEvent(5, { ...cancel, run_id: '01KAPXVZ0GQ4T8W2R5Y7B9D1FJ', attempt: 2 }))

  const { body, headers } = await ask('?limit=2')
  t.equal(headers.get('cache-control'), 'no-store')
  t.same(Object.keys(body), ['events', 'next_cursor'])
  const [newest, second] = body.events
  t.match(newest, { at: '2026-11-22T20:00:05.000Z', action: 'cancel', client: 'other', detail: null })
  t.match(second, { at: '2026-11-22T20:00:04.000Z', detail: { kind: 'first' }, remote_address: '192.0.2.7' })
  const next = /^<(.*)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1] ?? ''
  t.match(new URL(next).search, `cursor=${body.next_cursor}`)
  const seconds = async (query: string) =>
    (await ask(query)).body.events.map(({ at }: { at: string }) => (Date.parse(at) - NOW) / 1_000)
  t.same(await seconds(new URL(next).search), [3, 2])
  t.same(await seconds(''), [5, 4, 3, 2, 1, 0])
  t.same(await seconds('?since=2026-11-22T20:00:02Z&until=2026-11-22T20:00:03Z'), [3, 2])
  t.same(await seconds('?until=2026-11-22'), [])
  t.same(await seconds('?action=cancel'), [5])
  t.same(await seconds('?client=other'), [5])
  t.same(await seconds('?job=team-report&client=control-m'), [])
  t.same(await seconds('?run=01kapxvz0gq4t8w2r5y7b9d1fj'), [5])
  t.equal((await ask('?limit=6')).body.next_cursor, null)
  for (const query of ['?action=started', '?limit=201', '?since=noon', '?cursor=x', '?format=text', '?jobs=x']) {
    t.match(await ask(query), { status: 400 }, query)
  }
  t.match((await ask('?format=text')).text, /^ERROR invalid-request /, 'an error as text was asked for')
})

t.test('as NDJSON and CSV, by format or Accept: all at once, and the same', async (t) => {
  const asked: number[] = []
  const { store, ask } = await start(t, (store) => ({
    ...store,
    events: (filter) => {
      asked.push(filter.limit)
      return store.events(filter)
    },
  }))
  const empty = await ask('?format=csv')
  t.equal(empty.text, `at,action,result,client,key_id,remote_address,workspace,job,run_id,attempt,ref,detail,id\r\n`)
  t.equal((await ask('?format=ndjson')).text, '')

  for (let i = 0; i < 450; i++) await store.recordEvent(makeEvent(i, { ref: i === 449 ? '=1+1' : 'a, "b"' }))
  asked.length = 0
  const lines = await ask('', { accept: 'application/x-ndjson' })
  t.match(lines.headers.get('content-type'), 'application/x-ndjson')
  const events = lines.text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  t.equal(events.length, 450)
  t.same(events.slice(0, 50), (await ask('?limit=50')).body.events)
  t.same(asked.slice(0, 3), [201, 201, 201], 'in pages')

  const records = await ask('', { accept: 'text/csv' })
  t.match(records.headers.get('content-type'), 'text/csv')
  const [header, newest, second, ...others] = records.text.split('\r\n')
  t.match(header, /^at,/)
  t.match(newest, `2026-11-22T20:07:29.000Z,trigger,accepted,control-m,9f86d081,192.0.2.7,main,nightly-load,`)
  t.match(newest, `,'=1+1,"{""kind"":""first"",""databricks_job_id"":""281874479417551""}",`)
  t.match(second, ',"a, ""b""",')
  t.equal(others.length, 449)
  t.equal((await ask('?format=csv&limit=3')).text.split('\r\n').length, 5)
  t.match(await ask('?format=json', { accept: 'text/csv' }), { body: { events: [/./] } }, 'format wins')
})

t.test('for admins only, and for one who does not see every job only single ones', async (t) => {
  const { store, call, ask } = await start(t)
  await store.recordEvent(makeEvent(0))
  await store.recordEvent(makeEvent(1, { job: 'team-report' }))
  for (const query of ['', '?format=csv', '?format=ndjson']) {
    t.match(await call(`/admin/audit${query}`), { status: 403, body: { code: 'forbidden' } })
    t.match(await call(`/admin/audit${query}`, { as: null }), { status: 401 })
    t.match(await ask(query, NARROW), { status: 403, body: { detail: /Send job/ } })
  }
  t.match(await ask('?job=nightly-load', NARROW), { status: 404, body: { code: 'unknown-job' } })
  t.match((await ask('?job=team-report', NARROW)).body.events, [{ job: 'team-report' }])
  const { status, text } = await call('/admin/audit?format=csv', { as: null, method: 'HEAD', headers: OPERATOR })
  t.same({ status, text }, { status: 200, text: '' })
})

t.test('a ledger that fails before the first line is an error, later it breaks the answer off', async (t) => {
  let pages = 0
  const { store, ask } = await start(t, (store) => ({
    ...store,
    events: (filter) => (--pages < 0 ? Promise.reject(new LedgerError('no disk')) : store.events(filter)),
  }))
  for (let i = 0; i < 250; i++) await store.recordEvent(makeEvent(i))
  t.match(await ask(), { status: 503, body: { code: 'ledger-unavailable' } })
  t.match(await ask('?format=ndjson'), { status: 503, body: { code: 'ledger-unavailable' } })
  pages = 1
  await t.rejects(ask('?format=ndjson'), 'half of it does not look like all of it')
})

t.test('whoever reads slowly, or goes, costs no more than what is on the way', async (t) => {
  let pages = 0
  const { store, port } = await start(t, (store) => ({
    ...store,
    events: (filter) => {
      pages++
      return store.events(filter)
    },
  }))
  const all = Array.from({ length: 20_000 }, (_, i) => makeEvent(i, { ref: 'x'.repeat(255) }))
  for (const event of all) void store.recordEvent(event)
  await store.recordEvent(makeEvent(0))

  const { promise, resolve } = Promise.withResolvers<void>()
  const request = httpRequest({ port, path: '/admin/audit?format=ndjson', headers: OPERATOR }, (answer) => {
    answer.pause()
    resolve()
  })
  request.end()
  await promise
  const settled = async () => {
    for (let before = -1; before !== pages; await new Promise((resolve) => setTimeout(resolve, 50))) before = pages
    return pages
  }
  const read = await settled()
  t.ok(read < 100, `${read} of 101 pages while nobody takes them`)
  request.destroy()
  t.ok((await settled()) <= read + 1, 'nor later')
})
