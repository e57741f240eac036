import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { startInProcess } from '../support/in-process.ts'

const TURN_MS = 250

/** From now on every turn of the event loop takes so long, until the test lets it go. */
function keepBusy(t: Test): () => void {
  const busy = setInterval(() => {
    for (const until = performance.now() + TURN_MS; performance.now() < until; );
  }, 1)
  const stop = () => clearInterval(busy)
  t.teardown(stop)
  return stop
}

t.test('a process that is late for seconds on end turns triggers away, until it is no longer', async (t) => {
  const { call, simulator } = await startInProcess(t, {
    server: { overload: { triggers_seconds: 0.1 } },
    workspace: { jobs: [{ job_id: '11', name: 'long', tasks: [{ task_key: 'main', duration_ms: 600_000 }] }] },
    jobs: { long: { job_id: '11' } },
    clients: { caller: { permissions: ['trigger', 'read', 'cancel'] } },
  })
  let asked = 0
  let accepted = 0
  async function trigger() {
    const answer = await call('caller', 'POST', `/trigger/long?key=${asked++}`)
    if (answer.status === 202) accepted++
    return answer
  }
  const { body: run } = await trigger()

  const stop = keepBusy(t)
  let answer = await trigger()
  t.equal(answer.status, 202, 'a moment is nothing')
  while (answer.status === 202) answer = await trigger()
  t.match(answer, { status: 503, body: { code: 'overloaded', retryable: true } })
  t.match(answer.headers.get('retry-after'), /^[1-9]\d*$/)
  t.match(await call('caller', 'GET', `/runs/${run.id}`), { status: 200, body: { id: run.id } }, 'reads go on')
  t.match(await call('caller', 'GET', `/runs/${run.id}/await`), { status: 202, body: { id: run.id } })
  t.match(await call('caller', 'POST', `/runs/${run.id}/cancel`), { body: { id: run.id } })

  stop()
  while (answer.status === 503) {
    await sleep(100)
    answer = await trigger()
  }
  t.equal(answer.status, 202)
  t.ok(simulator.runs().length <= accepted, 'what was turned away has started nothing')
})
