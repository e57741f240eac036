import t, { type Test } from 'tap'
import { startInProcess } from '../support/in-process.ts'
import { readSamples, readValue } from '../support/metric-samples.ts'
import { createSteppedClock } from '../support/stepped-clock.ts'

const STEP_MS = 2_000
const HOUR_MS = 3_600_000

/** A poll in each step, in turn as the several schedulers make it; once in five minutes all of them at once. */
function pollsOf(id: string, step: number): string[] {
  const all = [
    `/runs/${id}`,
    `/runs/${id}/await`,
    '/run?job=long&key=K',
    `/runs/${id}?outcome=http&pending=error&format=result`,
    '/runs?job=long&format=text',
  ]
  return step % 150 === 0 ? [...all, ...all] : all.filter((_, i) => i === step % all.length)
}

/** An hour of a run of two, in steps of two seconds, each with its polls: when Databricks was called for what. */
async function observeAnHour(t: Test, pollsOf: (id: string, step: number) => string[]): Promise<string[]> {
  const start = Date.UTC(2026, 10, 22, 2)
  const clock = createSteppedClock(start)
  const { call, simulator } = await startInProcess(t, {
    clock,
    watch: { min_interval_seconds: 2, max_interval_seconds: 30 },
    workspace: { jobs: [{ job_id: '11', name: 'long', tasks: [{ task_key: 'load', duration_ms: 2 * HOUR_MS }] }] },
    jobs: { long: { job_id: '11' } },
    clients: { caller: {} },
  })
  const { id } = (await call('caller', 'POST', '/trigger/long?key=K')).body
  /** What Databricks was last asked is in the ledger, and nothing more is to be done now. */
  async function settle() {
    for (;;) {
      while (!clock.isAtRest()) await new Promise(setImmediate)
      const { text } = await call('caller', 'GET', '/metrics')
      const age = readValue(readSamples(text), 'job_gateway_watch_oldest_observation_age_seconds', {
        workspace: 'main',
      })
      if (age === (clock.now() - (simulator.calls().at(-1)?.time ?? 0)) / 1000) return
    }
  }

  await settle()
  let settled = simulator.calls().length
  for (let step = 0; step < HOUR_MS / STEP_MS; step++) {
    clock.advance(STEP_MS)
    const answers = await Promise.all(pollsOf(id, step).map((path) => call('caller', 'GET', path)))
    const wrong = answers.find(({ status }) => ![200, 202, 425].includes(status))
    if (wrong) t.fail(`a poll was answered by ${wrong.status}: ${wrong.text}`)
    while (!clock.isAtRest()) await new Promise(setImmediate)
    if (simulator.calls().length > settled) await settle()
    settled = simulator.calls().length
  }
  return simulator.calls().map(({ time, method, path }) => `${(time - start) / 1000} s ${method} ${path}`)
}

t.test('an hour of polls every two seconds causes no upstream call beyond the watcher’s', async (t) => {
  const quiet = await observeAnHour(t, () => [])
  t.ok(quiet.length > HOUR_MS / 30_000 && quiet.length < HOUR_MS / 20_000, `${quiet.length} calls without a poll`)
  t.strictSame(await observeAnHour(t, pollsOf), quiet, 'the same calls, at the same instants')
})
