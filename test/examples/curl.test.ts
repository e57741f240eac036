import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { startDemo } from './demo.ts'

const FOLDER = fileURLToPath(new URL('../../examples/curl/', import.meta.url))

const demo = await startDemo(t)
// The jobs take seconds of a simulated workspace: side by side.
t.jobs = 4
const sideBySide = { buffered: true }

/** A script of the kit, run as a scheduler runs it. */
function start(t: Test, script: string, args: string[]) {
  const child = spawn(`./${script}`, args, { cwd: FOLDER, env: { PATH: process.env['PATH'], ...demo } })
  const ended = Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]).then(
    ([[code], stdout, stderr]) => ({ code, stdout, stderr }),
  )
  t.teardown(async () => {
    child.kill()
    await ended
  })
  return { child, ended }
}

const run = (t: Test, script: string, ...args: string[]) => start(t, script, args).ended

async function untilState(key: string, wanted: string) {
  for (;;) {
    const answer = await fetch(`${demo.GATEWAY_URL}/run?job=slow-load&key=${key}&format=text&wait=1`, {
      headers: { 'x-api-key': demo.GATEWAY_KEY },
    })
    if ((await answer.text()).trim() === wanted) return
  }
}

t.test('one call', sideBySide, async (t) => {
  const [good, bad, wrong] = await Promise.all([
    run(t, 'one-call.sh', 'nightly-load', 'one-good', 'day=2026-11-22', 'region=SUR'),
    run(t, 'one-call.sh', 'broken-load', 'one-bad'),
    run(t, 'one-call.sh', 'nightly-load', 'one-wrong', 'dya=2026-11-22'),
  ])
  t.equal(good.code, 0, good.stderr)
  t.match(JSON.parse(good.stdout), { state: 'SUCCEEDED', parameters: { day: '2026-11-22', region: 'SUR' } })

  t.equal(bad.code, 22, "curl's status of an answer from 400 up")
  t.match(bad.stdout, 'load: AnalysisException: Table or view not found: stg.sales')

  t.equal(wrong.code, 22)
  t.match(wrong.stdout, 'dya')

  const again = await run(t, 'one-call.sh', 'nightly-load', 'one-good', 'day=2026-11-22', 'region=SUR')
  t.equal(again.code, 0)
  t.match(JSON.parse(again.stdout), { attempt: 1, replayed: true }, 'the same key starts nothing')
})

t.test('submit and await', sideBySide, async (t) => {
  const [good, bad, wrong] = await Promise.all([
    run(t, 'submit-and-await.sh', 'nightly-load', 'two-good', 'day=2026-11-22'),
    run(t, 'submit-and-await.sh', 'broken-load', 'two-bad'),
    run(t, 'submit-and-await.sh', 'nightly-load', 'two-wrong'),
  ])
  t.equal(good.code, 0, good.stderr)
  t.match(good.stdout, /^run \S+ of nightly-load: SUCCEEDED, attempt 1\n/)
  t.match(good.stdout, 'exit value: {"rows": 42}', "the tasks' output is printed")

  t.equal(bad.code, 1)
  t.match(bad.stdout, 'task load: FAILED: AnalysisException: Table or view not found: stg.sales')

  t.equal(wrong.code, 1)
  t.match(wrong.stdout, 'day is required')
})

t.test('cancel', sideBySide, async (t) => {
  const waiting = start(t, 'submit-and-await.sh', ['slow-load', 'three'])
  await untilState('three', 'RUNNING')
  const canceled = await run(t, 'cancel.sh', 'slow-load', 'three')
  t.same([canceled.code, canceled.stdout], [0, 'CANCELED\n'])
  const { code, stdout } = await waiting.ended
  t.equal(code, 1, 'who waits for a canceled run fails')
  t.match(stdout, /CANCELED, attempt 1\nCanceled by demo/)

  const unknown = await run(t, 'cancel.sh', 'slow-load', 'never')
  t.equal(unknown.code, 22)
  t.match(unknown.stdout, 'ERROR unknown-run')
})

t.test('a script that is stopped cancels its run', sideBySide, async (t) => {
  const { child, ended } = start(t, 'submit-and-await.sh', ['slow-load', 'four'])
  await untilState('four', 'RUNNING')
  child.kill('SIGTERM')
  const { code, stdout } = await ended
  t.same([code, stdout], [143, 'CANCELED\n'])
})
