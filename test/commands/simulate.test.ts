import { once } from 'node:events'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { simulate } from '../../src/commands/simulate.ts'

/** Starts the command with this; `stop` ends it as a signal does, `line` is what it prints once it listens. */
function run(...args: string[]) {
  const stop = new AbortController()
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  const ended = simulate(args, { env: {}, stdin, stdout, stderr, signal: stop.signal, onHangUp() {} })
  return { ended, stop, line: once(stdout, 'data').then(([chunk]) => `${chunk}`) }
}

const addressIn = (line: string) => /http:\/\/[\d.]+:\d+/.exec(line)?.[0] ?? ''

t.test('a workspace with example jobs, until it is stopped', async (t) => {
  const { ended, stop, line } = run('--port', '0')
  const printed = await line
  t.match(printed, /^Simulated workspace on .* curl http:.*\/__simulator\/\n$/)
  const jobs = await fetch(`${addressIn(printed)}/__simulator/jobs`)
  t.match(await jobs.json(), [{ name: 'Nightly load' }, { name: 'Broken load' }, { name: 'Slow load' }])
  await t.rejects(run('--port', new URL(addressIn(printed)).port).ended, { message: /EADDRINUSE/, exitCode: 1 })
  stop.abort()
  await ended
  await t.rejects(fetch(addressIn(printed)))
})

t.test('a workspace with the jobs of a file', async (t) => {
  const folder = t.testdir({
    'jobs.json': '[{"job_id": 9007199254740993, "name": "own", "tasks": [{"task_key": "a"}]}]',
  })
  const { ended, stop, line } = run('--port', '0', '--catalogue', join(folder, 'jobs.json'))
  const jobs = await fetch(`${addressIn(await line)}/__simulator/jobs`)
  t.match(await jobs.json(), [{ name: 'own', job_id: '9007199254740993' }])
  stop.abort()
  await ended
})

t.test('wrong arguments and wrong files end it with the reason', async (t) => {
  const folder = t.testdir({
    'text.json': 'jobs',
    'object.json': '{}',
    'wrong.json': '[{"name": "a", "tasks": [{"task_key": "a", "duration_ms": "1"}]}]',
  })
  for (const [args, message, exitCode] of [
    [['--port', 'x'], /--port x/, 2],
    [['--port', '65536'], /--port 65536/, 2],
    [['--host', '203.0.113.1', '--port', '0'], /EADDRNOTAVAIL/, 1],
    [['--catalogue', join(folder, 'none.json')], /none\.json cannot be read/, 2],
    [['--catalogue', join(folder, 'text.json')], /text\.json is not JSON/, 2],
    [['--catalogue', join(folder, 'object.json')], /must hold a list/, 2],
    [['--catalogue', join(folder, 'wrong.json')], /wrong\.json\/0\/tasks\/0\/duration_ms/, 2],
  ] as const) {
    await t.rejects(run(...args).ended, { message, exitCode }, args.join(' '))
  }
  await t.rejects(run('--prot', '1').ended, { code: 'ERR_PARSE_ARGS_UNKNOWN_OPTION' })
})
