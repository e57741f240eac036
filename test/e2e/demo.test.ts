import { execFile, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { runProgram, startProgram } from '../support/program.ts'

const run = promisify(execFile)
const hasCurl = spawnSync('curl', ['--version']).status === 0
const skip = !hasCurl && !process.env['CI'] && 'no curl on this machine'

/** Every place that a program may think of writing to, empty. */
function places(t: Test) {
  const folder = t.testdir({ tmp: {}, home: {}, cwd: {} })
  const [tmp, home, cwd] = ['tmp', 'home', 'cwd'].map((name) => join(folder, name)) as [string, string, string]
  const left = () => [tmp, home, cwd].flatMap((place) => readdirSync(place))
  return { tmp, left, options: { cwd, env: { TMPDIR: tmp, HOME: home } } }
}

t.test('the demo: every call works as printed, and Ctrl-C leaves nothing behind', { skip }, async (t) => {
  const { tmp, left, options } = places(t)
  const demo = startProgram(t, ['demo', '--port', '0'], options)
  await demo.printed(/Ctrl-C ends both/)
  const calls = [...demo.stdout().matchAll(/^ {2}(curl .*)$/gm)].map(([, call]) => String(call))
  const [file = ''] = /\S+gateway\.yaml/.exec(demo.stdout()) ?? []
  const urls = [demo.stdout(), readFileSync(file, 'utf8')].map((text) => /http:\/\/[\d.]+:\d+/.exec(text)?.[0] ?? '')
  t.equal(urls.length, 2)
  t.ok(file.startsWith(tmp) && left().length === 1, 'one folder, in the temporary one')

  const call = async (command: string | undefined) => (await run('sh', ['-c', String(command)])).stdout
  const [first, waits, fails, word, byKey, list, jobs, metrics, ...others] = calls
  t.same(others, [], 'every printed call is tried here')
  const [load, waited, failed, told] = await Promise.all([first, waits, fails, word].map(call))

  const started = JSON.parse(String(load))
  t.match(started, { job: 'nightly-load', key: 'load-1', replayed: false, parameters: { day: '2026-11-22' } })
  t.match(JSON.parse(await call(first)), { id: started.id, replayed: true }, 'the same call again starts nothing')
  t.match(JSON.parse(String(waited)), { state: 'SUCCEEDED', result: 'OK' })
  const reason = 'load: AnalysisException: Table or view not found: stg.sales'
  t.match(JSON.parse(String(failed)), { state: 'FAILED', failure: { task_key: 'load', message: reason } })
  t.match(told, /^HTTP\/1\.1 424 .*\r\n\r\nFAILED\n$/s)
  t.match(JSON.parse(await call(byKey)), { id: started.id })
  t.match(await call(list), /^(\S+ (nightly|broken)-load [A-Z]+ .*\n){4}$/)
  t.match(JSON.parse(await call(jobs)), {
    jobs: [{ job: 'nightly-load' }, { job: 'broken-load' }, { job: 'slow-load' }],
  })
  t.match(await call(metrics), /job_gateway_runs_finished_total\{.*job="broken-load".*state="FAILED".*\} 2$/m)
  t.match(await fetch(`${urls[0]}/docs`), { status: 200 })

  const slow = { method: 'POST', headers: { 'x-api-key': 'demo-key' } }
  t.match(await fetch(`${urls[0]}/trigger/slow-load`, slow), { status: 202 }, 'a run that will not end in time')
  demo.signal('SIGINT')
  t.equal(await demo.exited, 0)
  t.same(left(), [], 'no file is left')
  t.equal(demo.stderr(), '')
  for (const url of urls) await t.rejects(fetch(url), { message: 'fetch failed' }, `${url} is closed`)
})

t.test('a port that is taken: one line, and nothing is left', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const { left, options } = places(t)
  const ended = await runProgram(t, ['demo', '--port', `${port}`], options)
  t.match(ended, { code: 1, stdout: '', stderr: /^Cannot listen on 127\.0\.0\.1:\d+: another program uses it.*\n$/ })
  t.same(left(), [])
})
