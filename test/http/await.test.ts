import { once } from 'node:events'
import { connect } from 'node:net'
import t, { type Test } from 'tap'

import { type AttemptChange, LedgerError, type RunStore } from '../../src/runs/store.ts'
import { startServer, type TestServer } from '../support/http-server.ts'
import { makeRun } from '../support/make-run.ts'

const RUNNING: AttemptChange = { state: 'RUNNING', message: 'running: load', databricks_run_id: '7' }
const OK: AttemptChange = { state: 'SUCCEEDED', result: 'OK', message: 'Ended well.' }
const KO: AttemptChange = { state: 'FAILED', result: 'KO', message: 'load: boom' }

/** Resolves when somebody waits. */
async function waited({ waits }: TestServer): Promise<void> {
  while (waits.count() === 0) await new Promise(setImmediate)
}

t.test('202 while active, then the status tells how it ended', async (t) => {
  const server = await startServer(t)
  const run = await server.hold(makeRun({ attempt: RUNNING }))
  const path = `/runs/${run.id}/await`
  for (const asked of [path, `${path}?wait=0`, '/await?job=nightly-load&key=K-1', '/runs/7/await']) {
    const { status, headers, body } = await server.call(asked)
    t.match({ status, body }, { status: 202, body: { id: run.id, state: 'RUNNING', done: false } }, asked)
    t.equal(headers.get('location'), `${server.url}${path}`)
    t.match(headers.get('retry-after'), /^\d+$/)
    t.equal(headers.get('x-run-id'), run.id)
  }
  await server.move(run, KO)
  t.match(await server.call(path), {
    status: 424,
    body: { id: run.id, state: 'FAILED', result: 'KO', code: 'run-failed', status: 424, detail: 'load: boom' },
  })
  t.match(await server.call(`${path}?format=result`), { status: 424, text: 'KO\n' })
})

t.test('a canceled run is 409, a good one 200', async (t) => {
  const server = await startServer(t)
  const canceled = makeRun({ attempt: { ...KO, state: 'CANCELED' } })
  await server.hold(canceled)
  t.match(await server.call(`/runs/${canceled.id}/await`), { status: 409, body: { code: 'run-canceled' } })
  const good = await server.hold(makeRun({ id: `${canceled.id.slice(0, -1)}B`, key: null, attempt: OK }))
  t.match(await server.call(`/runs/${good.id}/await`), { status: 200, body: { state: 'SUCCEEDED' } })
})

t.test('a wait ends at once with the run', async (t) => {
  const server = await startServer(t)
  const run = await server.hold(makeRun({ attempt: RUNNING }))
  const answers = Promise.all([
    server.call(`/runs/${run.id}/await?wait=30`),
    server.call(`/runs/${run.id}?wait=30`),
    server.call(`/runs/${run.id}`, { headers: { prefer: 'wait=30' } }),
  ])
  while (server.waits.count() < 3) await new Promise(setImmediate)
  await server.move(run, OK)
  for (const { status, headers, body } of await answers) {
    t.match({ status, body }, { status: 200, body: { state: 'SUCCEEDED' } })
    t.equal(headers.get('preference-applied'), 'wait=30')
  }
  t.equal(server.waits.count(), 0)
})

t.test('a wait that is over is answered with the run as it is', async (t) => {
  const server = await startServer(t, { server: 'max_wait_seconds: 1' })
  const run = await server.hold(makeRun({ attempt: RUNNING }))
  const answer = await server.call(`/runs/${run.id}/await?wait=600`)
  t.match(answer, { status: 202, body: { state: 'RUNNING' } })
  t.equal(answer.headers.get('preference-applied'), 'wait=1', 'capped')
})

t.test('when the program stops, waits end with the run as it is', async (t) => {
  const server = await startServer(t)
  const run = await server.hold(makeRun({ attempt: RUNNING }))
  const answer = server.call(`/runs/${run.id}/await?wait=30`)
  await waited(server)
  server.waits.endAll()
  t.match(await answer, { status: 202, body: { state: 'RUNNING' } })
})

t.test('a caller that leaves is no longer waited for, and is told nothing', async (t) => {
  const server = await startServer(t)
  const run = await server.hold(makeRun({ attempt: RUNNING }))
  const leaving = new AbortController()
  const answer = server.call(`/runs/${run.id}/await?wait=30`, { signal: leaving.signal })
  await waited(server)
  leaving.abort()
  await t.rejects(answer)
  while (server.waits.count() > 0) await new Promise(setImmediate)
  await server.move(run, KO)
  t.equal((await server.store.get(run.id))?.attempt.told_at, null)
  t.match(server.lines(), [{ event: 'http.request', status: 499, run_id: undefined, client: 'control-m' }])
})

/** Whether an answer to `path` tells the ending to the run's owner. */
async function tells(
  t: Test,
  path: (id: string) => string,
  options?: Parameters<TestServer['call']>[1],
): Promise<boolean> {
  const server = await startServer(t)
  const run = await server.hold(makeRun({ attempt: KO }))
  await server.call(path(run.id), options)
  await server.app.close()
  return (await server.store.get(run.id))?.attempt.told_at !== null
}

t.test('an ending counts as told when its owner was shown it, and only then', async (t) => {
  t.ok(await tells(t, (id) => `/runs/${id}`), 'read')
  t.ok(await tells(t, (id) => `/runs/${id}/await`), 'await')
  t.ok(await tells(t, (id) => `/runs/${id}?format=text`), 'read as text')
  t.ok(await tells(t, () => '/run?job=nightly-load&key=K-1'), 'read by key')
  t.notOk(await tells(t, () => '/runs'), 'list')
  t.notOk(await tells(t, () => '/jobs/nightly-load'), 'catalogue')
  t.notOk(await tells(t, (id) => `/runs/${id}`, { as: 'other' }), 'another client')
  t.notOk(await tells(t, (id) => `/runs/${id}`, { method: 'HEAD' }), 'headers alone')
})

t.test('an ending that could not be delivered is not told', async (t) => {
  const server = await startServer(t)
  const run = await server.hold(makeRun({ attempt: RUNNING }))
  const socket = connect(server.port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(`GET /runs/${run.id}/await?wait=30 HTTP/1.1\r\nHost: x\r\nX-API-Key: key-of-control-m\r\n\r\n`)
  await waited(server)
  socket.resetAndDestroy()
  while (server.waits.count() > 0) await new Promise(setImmediate)
  await server.move(run, KO)
  await server.app.close()
  t.equal((await server.store.get(run.id))?.attempt.told_at, null)
})

const failing = async () => {
  throw new LedgerError('the disk has gone')
}

t.test('an await never answers 503: without the ledger it is 202 and to be asked again', async (t) => {
  const { call, url } = await startServer(t, {
    between: (store) => ({ ...store, get: failing, getByKey: failing, findByDatabricksRun: failing }),
  })
  const id = makeRun().id
  for (const path of [`/runs/${id}/await`, '/runs/77/await', '/await?job=nightly-load&key=K']) {
    const { status, headers, body } = await call(path)
    t.match({ status, body }, { status: 202, body: { state: 'RUNNING', done: false, result: '', stale: true } }, path)
    t.equal(headers.get('location'), `${url}${path}`)
    t.equal(headers.get('retry-after'), '30')
  }
  t.match(await call(`/runs/${id}/await`), { body: { id } })
  t.match(await call('/await?job=nightly-load&key=K'), { body: { job: 'nightly-load', key: 'K' } })
  t.match(await call(`/runs/${id}/await?format=result`), { status: 202, text: 'ACTIVE\n' })
  t.match(await call(`/runs/${id}/await`, { as: null }), { status: 401 })
})

t.test('a ledger that fails during the wait costs nothing but news', async (t) => {
  let failed = false
  const server = await startServer(t, {
    server: 'max_wait_seconds: 1',
    between: (store): RunStore => ({
      ...store,
      get: async (id) => (failed ? failing() : store.get(id)),
      attempts: failing,
      durations: failing,
    }),
  })
  const run = await server.hold(makeRun({ attempt: RUNNING }))
  const answer = server.call(`/runs/${run.id}/await?wait=1&include=attempts`)
  await waited(server)
  failed = true
  t.match(await answer, { status: 202, body: { id: run.id, state: 'RUNNING', message: 'running: load' } })
})
