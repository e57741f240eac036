import t from 'tap'
import { type AttemptChange, LedgerError } from '../../src/runs/store.ts'
import { type ServerSettings, startServer } from '../support/http-server.ts'
import { createJumpingClock } from '../support/jumping-clock.ts'
import { makeRun } from '../support/make-run.ts'

const RUNNING: AttemptChange = { state: 'RUNNING', message: 'running: load', databricks_run_id: '7' }
const KO: AttemptChange = { state: 'FAILED', result: 'KO', message: 'load: boom' }
const DAY_MS = 86_400_000

/** A server whose client control-m is given signed Locations, a run of it, and the address that its trigger answers. */
async function start(t: Parameters<typeof startServer>[0], settings: ServerSettings = {}) {
  const server = await startServer(t, {
    server: 'signing_keys: [{ env: SIGNING_KEY }]',
    client: 'signed_location: true',
    ...settings,
  })
  const run = await server.hold(makeRun({ attempt: RUNNING }))
  const { headers } = await server.call(`/runs/${run.id}?outcome=http`)
  const location = new URL(headers.get('location') ?? '')
  return {
    ...server,
    run,
    location,
    /** As whoever has nothing but the address. */
    follow: (address: { pathname: string; search: string } = location, options: RequestInit = {}) =>
      server.call(address.pathname + address.search, { as: null, ...options }),
  }
}

t.test('whoever has the address awaits that run without credentials', async (t) => {
  const { run, location, follow, move, lines } = await start(t)
  t.equal(location.pathname, `/runs/${run.id}/await`)
  t.same([...location.searchParams.keys()], ['client', 'expires', 'signature'])

  const active = await follow()
  t.match(active, { status: 202, body: { id: run.id, state: 'RUNNING' } })
  t.equal(active.headers.get('location'), location.href, 'the same address again')
  const waiting = await follow({
    pathname: location.pathname,
    search: `${location.search}&wait=0&format=text`,
  })
  t.match(waiting, { status: 202, text: 'RUNNING\n' })
  t.equal(waiting.headers.get('location'), location.href)
  t.match(await follow(location, { method: 'HEAD' }), { status: 202, text: '' })
  await move(run, KO)
  t.match(await follow(), { status: 424, body: { state: 'FAILED', code: 'run-failed', detail: 'load: boom' } })

  const [, first] = lines()
  t.match(first, { route: '/runs/:id/await', client: 'control-m', key_id: 'signed', run_id: run.id })
})

t.test('its owner was told what such an answer showed', async (t) => {
  const { run, follow, move, app, store } = await start(t)
  await move(run, KO)
  await follow()
  await app.close()
  t.not((await store.get(run.id))?.attempt.told_at, null)
})

t.test('it opens nothing else', async (t) => {
  const { run, location, follow, hold, call } = await start(t)
  const other = await hold(makeRun({ id: '01JD00000000000000000000AB', key: 'K-2', attempt: RUNNING }))
  const { search } = location
  for (const pathname of [
    ...[`/runs/${other.id}/await`, '/runs/7/await', `/runs/${run.id.toLowerCase()}/await`, '/runs/none/await'],
    ...[`/runs/${run.id}`, `/runs/${run.id}/output`, '/await', '/run', '/runs', '/jobs', '/metrics'],
  ]) {
    t.match(await follow({ pathname, search }), { status: 401, body: { code: 'unauthenticated' } }, pathname)
  }
  for (const pathname of [`/runs/${run.id}/cancel`, `/runs/${run.id}/repair`, `/runs/${run.id}/refresh`]) {
    t.match(await follow({ pathname, search }, { method: 'POST' }), { status: 401 }, pathname)
  }
  t.match(await follow({ pathname: `/runs/${run.id}`, search }, { method: 'DELETE' }), { status: 401 })
  t.match(await call(`/runs/${run.id}/await${search}`), { status: 202 }, 'beside a key it is not looked at')
})

t.test('what is asked for beyond the run itself takes the key', async (t) => {
  const { location, follow, call } = await start(t)
  const { pathname, search } = location
  for (const include of ['attempts', 'tasks,attempts']) {
    const refused = await follow({ pathname, search: `${search}&include=${include}` })
    t.match(refused, { status: 403, body: { code: 'forbidden', detail: /take the client's own key/ } }, include)
  }
  t.match(await follow({ pathname, search: `${search}&include=output` }), { status: 403 })
  t.match(await follow({ pathname, search: `${search}&include=tasks` }), { status: 202, body: { attempts: undefined } })
  t.match(await call(`${pathname}?include=attempts`), { status: 202, body: { attempts: [{ number: 1 }] } })
})

t.test('eight days, however often it is asked', async (t) => {
  const now = Date.UTC(2026, 10, 22, 20)
  const clock = createJumpingClock(now)
  const { location, follow, call } = await start(t, { clock })
  const life = Number(location.searchParams.get('expires')) * 1000 - now
  t.ok(life >= 8 * DAY_MS && life < 8 * DAY_MS + 60_000, `${life} ms`)
  clock.jump(7 * DAY_MS)
  t.equal((await follow()).headers.get('location'), location.href)
  clock.jump(DAY_MS - 120_000)
  t.match(await follow(), { status: 202 })
  clock.jump(120_000)
  t.match(await follow(), {
    status: 401,
    body: { detail: /^The signature of this address has expired\. Send a client/ },
  })
  t.match(await call(location.pathname), { status: 202 }, 'by its key as before')
})

t.test('what was changed is refused, says so, and is counted apart', async (t) => {
  const clock = createJumpingClock(Date.UTC(2026, 10, 22))
  const { location, follow, call } = await start(t, { clock })
  const { pathname } = location
  for (const change of [
    (query: URLSearchParams) => query.set('client', 'other'),
    (query: URLSearchParams) => query.set('client', 'nobody'),
    (query: URLSearchParams) => query.set('expires', '1999999999'),
    (query: URLSearchParams) => query.set('signature', 'x'.repeat(43)),
    (query: URLSearchParams) => query.set('signature', ''),
    (query: URLSearchParams) => query.append('signature', 'x'),
    (query: URLSearchParams) => query.delete('expires'),
  ]) {
    const query = new URLSearchParams(location.search)
    change(query)
    const refused = await follow({ pathname, search: `?${query}` })
    t.match(refused, { status: 401, body: { detail: /^The signature is not good for this address/ } }, `${query}`)
    t.equal(refused.headers.get('location'), null)
  }
  const unsigned = await follow({ pathname, search: '?client=control-m' })
  t.match(unsigned, { status: 401, body: { detail: /^The call carries no key/ } })
  clock.jump(9 * DAY_MS)
  await follow()
  const { text } = await call('/metrics')
  for (const [reason, count] of Object.entries({ bad_signature: 7, expired_signature: 1, missing: 1 })) {
    t.match(text, new RegExp(`^job_gateway_auth_failures_total\\{reason="${reason}"\\} ${count}$`, 'm'))
  }
})

t.test('credentials that are sent are what counts', async (t) => {
  const { location, follow } = await start(t)
  for (const headers of [{ 'x-api-key': 'wrong' }, { authorization: 'Basic' }, { authorization: 'Bearer a b' }]) {
    t.match(await follow(location, { headers }), { status: 401 }, JSON.stringify(headers))
  }
  t.match(await follow(location, { headers: { 'x-api-key': '' } }), { status: 202 }, 'an empty header is none')
  t.match(await follow(location, { headers: { 'x-api-key': 'key-of-team' } }), { status: 404 }, 'who sees no such job')
})

t.test('only who is to be given it is given it', async (t) => {
  const { run, call } = await start(t)
  const { headers } = await call(`/runs/${run.id}/await`, { as: 'other' })
  t.equal(new URL(headers.get('location') ?? '').search, '', 'another client')
  const plain = await startServer(t, { server: 'signing_keys: [{ env: SIGNING_KEY }]' })
  await plain.hold(makeRun({ attempt: RUNNING }))
  t.equal((await plain.call(`/runs/${run.id}/await`)).headers.get('location'), `${plain.url}/runs/${run.id}/await`)
})

t.test('without the ledger the address is to be asked again as it was', async (t) => {
  let failed = false
  const { location, follow } = await start(t, {
    between: (store) => ({
      ...store,
      get: async (id) => {
        if (failed) throw new LedgerError('the disk has gone')
        return store.get(id)
      },
    }),
  })
  failed = true
  const { status, headers } = await follow()
  t.match({ status, location: headers.get('location') }, { status: 202, location: location.href })
})

t.test('no error and no line of the log shows a signature', async (t) => {
  const { run, location, follow, call, lines, move } = await start(t)
  const signature = location.searchParams.get('signature') ?? ''
  const { pathname, search } = location
  const answers = [
    await follow({ pathname: '/runs/%zz/await', search }),
    await follow({ pathname: `/runs/${'x'.repeat(300)}/await`, search }),
    await follow({ pathname: `/runs/${run.id}x/await`, search }),
    await follow({ pathname: `/none/${run.id}`, search }),
    await follow({ pathname, search }, { method: 'PUT' }),
    await follow({ pathname, search: `${search}&wait=x` }),
    await follow({ pathname, search: `${search}&nonsense=1` }),
    await follow({ pathname, search: `${search}&${search.slice(1)}` }),
    await call(pathname + search + search.replace('?', '&')),
    await follow({ pathname, search: `${search}&include=attempts` }),
  ]
  t.same(
    answers.map(({ status }) => status),
    [400, 400, 401, 404, 405, 400, 400, 401, 400, 403],
  )
  await move(run, KO)
  answers.push(await follow())
  for (const { status, headers, text } of answers) {
    t.notOk(`${JSON.stringify([...headers])}${text}`.includes(signature), `${status} ${text}`)
  }
  t.notOk(JSON.stringify(lines()).includes(signature))
  t.notOk((await call('/metrics')).text.includes(signature))
})
