import t from 'tap'
import type { Fault } from '../../src/simulator/faults.ts'
import { type Client, openWorkspace } from './client.ts'

const jobs = [{ name: 'job', job_id: '1', max_concurrent_runs: 100, tasks: [{ task_key: 'main' }] }]
const path = '/api/2.2/jobs/run-now'
const body = { job_id: 1, idempotency_token: 'token' }

const trigger = (workspace: Client) => workspace.post('run-now', body)

t.test('an answer in place of the real one, before or after the handler acted', async (t) => {
  const workspace = await openWorkspace(t, { jobs })
  const html = '<!DOCTYPE html><html><head><title>Sign in</title></head></html>'
  const cases: [Fault, object][] = [
    [
      { path, status: 503, headers: { 'retry-after': '7' }, body: { error_code: 'TEMPORARILY_UNAVAILABLE' } },
      { status: 503, body: { error_code: 'TEMPORARILY_UNAVAILABLE' } },
    ],
    [
      { path, status: 503, body: 'No webapps are available' },
      { status: 503, text: 'No webapps are available' },
    ],
    [
      { path, body: html },
      { status: 200, text: html },
    ],
    [
      { path, status: 500 },
      { status: 500, body: { error_code: 'INJECTED' } },
    ],
  ]
  for (const when of ['before', 'after'] as const) {
    for (const [fault, answer] of cases) {
      workspace.addFault({ ...fault, when })
      const got = await trigger(workspace)
      t.match(got, answer)
      for (const [name, value] of Object.entries(fault.headers ?? {})) t.equal(got.headers.get(name), value)
      t.equal(workspace.runs().length, when === 'before' ? 0 : 1)
    }
  }
  t.match(await trigger(workspace), { status: 200 }, 'each happened once')
})

t.test('a connection cut after the handler acted: the run exists, and the same token finds it', async (t) => {
  const workspace = await openWorkspace(t, { jobs })
  workspace.addFault({ path, method: 'POST', drop: true, when: 'after' })
  await t.rejects(trigger(workspace), { cause: { code: 'UND_ERR_SOCKET' } })
  const [run] = workspace.runs()
  t.equal(workspace.runs().length, 1)
  t.equal(`${(await trigger(workspace)).body.run_id}`, run?.run_id)
  t.strictSame(
    workspace.calls().map((call) => call.status),
    [0, 200],
  )
})

t.test('a connection cut before, and one cut in the middle of the body', async (t) => {
  const workspace = await openWorkspace(t, { jobs })
  workspace.addFault({ path, drop: true })
  await t.rejects(trigger(workspace))
  t.strictSame(workspace.runs(), [])
  workspace.addFault({ path, half: true })
  await t.rejects(trigger(workspace), { message: 'terminated' })
  t.equal(workspace.runs().length, 1)
})

t.test('offset, times, method and paths say when', async (t) => {
  const workspace = await openWorkspace(t, { jobs })
  const hits = async (count: number) => {
    const statuses: number[] = []
    for (let i = 0; i < count; i++) statuses.push((await trigger(workspace)).status)
    return statuses
  }
  workspace.addFault({ path: '/api/2.2/*', status: 503, offset: 1, times: 2 })
  t.match(workspace.faults(), [{ seen: 0, fired: 0 }])
  t.strictSame(await hits(5), [200, 503, 503, 200, 200])
  t.strictSame(workspace.faults(), [])
  workspace.addFault({ path, method: 'GET', status: 503, times: null })
  t.strictSame(await hits(2), [200, 200])
  const always = workspace.addFault({ path: '/api/2.*/jobs/run-now', status: 429, times: null })
  t.strictSame(await hits(3), [429, 429, 429])
  workspace.clearFaults(always)
  t.strictSame(await hits(1), [200])
  workspace.clearFaults()
  t.strictSame(workspace.faults(), [])
})

t.test('faults by chance repeat with their seed', async (t) => {
  const series = async (seed: number) => {
    const workspace = await openWorkspace(t, { jobs })
    workspace.addFault({ path, status: 503, times: null, probability: 0.5, seed })
    const statuses: number[] = []
    for (let i = 0; i < 40; i++) statuses.push((await trigger(workspace)).status)
    return statuses
  }
  const first = await series(1)
  t.ok(first.includes(200) && first.includes(503))
  t.strictSame(await series(1), first)
  t.notSame(await series(2), first)
})

t.test('a delay changes nothing but the time, as does latency', async (t) => {
  const slept: number[] = []
  const clock = { now: () => 0, sleep: async (ms: number) => void slept.push(ms) }
  const workspace = await openWorkspace(t, { jobs, clock })
  workspace.addFault({ path, delay_ms: 250 })
  t.match(await trigger(workspace), { status: 200 })
  workspace.setOptions({ latency_ms: 20 })
  await trigger(workspace)
  t.strictSame(slept, [250, 20])
})

t.test('a fault that makes no sense is refused', async (t) => {
  const workspace = await openWorkspace(t)
  const wrong: unknown[] = [{}, { path: '' }, { path, times: 0 }, { path, status: 99 }, { path, unknown: 1 }]
  for (const fault of wrong) t.throws(() => workspace.addFault(fault as Fault), { message: /fault/ })
})
