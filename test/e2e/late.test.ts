import t from 'tap'
import { startInProcess } from '../support/in-process.ts'
import { createJumpingClock } from '../support/jumping-clock.ts'
import { readSamples, readValue } from '../support/metric-samples.ts'

const MINUTE_MS = 60_000

t.test('a run that is late, and one that is stuck in the queue, are seen before they have failed', async (t) => {
  const clock = createJumpingClock(Date.UTC(2026, 10, 22))
  const duration_ms = [MINUTE_MS, MINUTE_MS, MINUTE_MS, 120 * MINUTE_MS, MINUTE_MS]
  const definition = { job_id: '11', name: 'load', pending_ms: 0, cleanup_ms: 0, max_concurrent_runs: 1 }
  const { call, restart } = await startInProcess(t, {
    clock,
    onDisk: true,
    workspace: { jobs: [{ ...definition, tasks: [{ task_key: 'load', duration_ms }] }] },
    jobs: { load: { job_id: '11' } },
    clients: { caller: {} },
  })
  const get = async (id: string) => (await call('caller', 'GET', `/runs/${id}`)).body
  const begin = async (state: string): Promise<string> => {
    const { id } = (await call('caller', 'POST', '/trigger/load')).body
    while ((await get(id)).state !== state);
    return id
  }
  const ended = async (id: string) => {
    const { status, body } = await call('caller', 'GET', `/runs/${id}/await?wait=30`)
    t.equal(status, 200, body.message)
  }
  const metric = async (name: string, labels: object) =>
    readValue(readSamples((await call('caller', 'GET', '/metrics')).text), `job_gateway_${name}`, { ...labels })
  const read = (name: string) => metric(name, { job: 'load' })
  const changesWritten = () => metric('ledger_request_duration_seconds_count', { op: 'update' })

  for (let good = 0; good < 3; good++) {
    const run = await begin('RUNNING')
    clock.jump(MINUTE_MS)
    await ended(run)
  }
  t.equal(await read('job_usual_duration_seconds'), 60)

  const late = await begin('RUNNING')
  while ((await get(late)).tasks_observed_at === null);
  clock.jump(5 * MINUTE_MS)
  t.equal(await read('runs_overdue'), 0, 'a few minutes are no news')
  clock.jump(2 * MINUTE_MS)
  t.equal(await read('runs_overdue'), 1)
  t.equal(await read('queued_oldest_age_seconds'), 0)

  const stuck = await begin('QUEUED')
  const changesAfterALook = async () => {
    const { observed_at } = await get(stuck)
    while ((await get(stuck)).observed_at === observed_at);
    return changesWritten()
  }
  const changes = await changesAfterALook()
  t.equal(await changesAfterALook(), changes, 'a look at a queued run that tells nothing new is no change')
  clock.jump(20 * MINUTE_MS)
  await restart()
  t.equal(await read('runs_overdue'), 1, 'what is queued has not begun')
  const queuedFor = (await read('queued_oldest_age_seconds')) ?? 0
  t.ok(queuedFor >= 1_200 && queuedFor < 1_300, `${queuedFor} s`)

  clock.jump(120 * MINUTE_MS)
  await Promise.all([ended(late), ended(stuck)])
  t.equal(await read('runs_overdue'), 0)
  t.equal(await read('queued_oldest_age_seconds'), 0)
})
