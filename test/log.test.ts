import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { createSecrets } from '../src/log/secrets.ts'
import { createLogger } from '../src/log.ts'
import { collectLines } from './support/collect-lines.ts'

t.test('a line is JSON with an instant and the level in words', async (t) => {
  const { lines, destination } = collectLines()
  createLogger({ level: 'info', destination }).warn({ job: 'nightly' }, 'something')
  t.match(lines(), [
    { level: 'warn', time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, job: 'nightly', msg: 'something' },
  ])
})

t.test('lines below the level are left out', async (t) => {
  const { lines, destination } = collectLines()
  const log = createLogger({ level: 'warn', destination })
  log.info('no')
  log.error('yes')
  t.match(lines(), [{ msg: 'yes' }])
})

t.test('no secret reaches the log, whatever the line is made of', async (t) => {
  const { text, destination } = collectLines()
  const secrets = createSecrets()
  const log = createLogger({ level: 'info', destination, secrets })
  const secret = secrets.add('hunter2-hunter2')
  log.info({ req: { headers: { authorization: `Basic ${btoa(`me:${secret}`)}`, 'x-api-key': 'my own key' } } })
  log.info({ said: `upstream echoes ${secret}` }, `and again ${secret}`)
  log.child({ bound: secret }).info('bound to a child')
  log.error(new Error(`refused ${secret}`, { cause: new Error(secret) }), secret)
  for (const leak of [secret, btoa(`me:${secret}`).slice(0, 12), 'my own key']) t.notMatch(text(), leak)
  t.match(text(), '[redacted]')
})

t.test('an error shows what it says and why, but nothing that hangs on it', async (t) => {
  const { lines, text, destination } = collectLines()
  const error = Object.assign(new TypeError('outer', { cause: new Error('inner', { cause: 'root' }) }), {
    code: 'E_CODE',
    request: { headers: { 'x-custom': 'of the request' } },
  })
  createLogger({ level: 'info', destination }).error({ err: error }, 'failed')
  t.match(lines(), [
    {
      msg: 'failed',
      err: {
        type: 'TypeError',
        message: 'outer',
        code: 'E_CODE',
        stack: /TypeError: outer\n/,
        cause: { type: 'Error', message: 'inner', cause: 'root' },
      },
    },
  ])
  t.notMatch(text(), 'of the request')
})

t.test('an error that causes itself ends', async (t) => {
  const { lines, destination } = collectLines()
  const error = new Error('round')
  error.cause = error
  createLogger({ level: 'info', destination }).error(error)
  t.match(lines(), [{ err: { message: 'round' } }])
})

t.test('a line cannot be forged', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (tail) => {
      const { text, destination } = collectLines()
      const ref = `\n{"level":"error","msg":"forged"}\r\n\u001b[2J\u009b2J\u2028${tail}`
      createLogger({ level: 'info', destination }).info({ ref }, ref)
      const [line = '', ...others] = text().split(/(?<=\n)/)
      // No character that ends a line for anyone or that a terminal obeys, but the one at the end.
      const inert = !/[\p{Cc}\u2028\u2029]/u.test(line.slice(0, -1))
      const parsed = JSON.parse(line)
      return others.length === 0 && inert && parsed.ref === ref && parsed.level === 'info'
    }),
  )
})

const ENDS = {
  'exits at once': ['process.exit(3)', 3],
  'meets an error that nobody expected': ['throw new Error()', 1],
}
for (const [name, [end, exitCode]] of Object.entries(ENDS)) {
  t.test(`a process that ${name} has written every line`, async (t) => {
    const program = `
      import { createLogger } from ${JSON.stringify(import.meta.resolve('../src/log.ts'))}
      const log = createLogger({ level: 'info' })
      for (let line = 0; line < 5000; line++) log.info({ line })
      ${end}
    `
    const child = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
      maxBuffer: 2 ** 24,
    })
    const { code, stdout } = await child.then(
      () => t.fail(`it exits with ${exitCode}`),
      (exited) => exited,
    )
    t.equal(code, exitCode)
    const lines = stdout.trimEnd().split('\n')
    t.equal(lines.length, 5000)
    t.match(JSON.parse(lines[4999]), { line: 4999 })
  })
}

t.test('a line is written though no other follows', async (t) => {
  const program = `
    import { createLogger } from ${JSON.stringify(import.meta.resolve('../src/log.ts'))}
    createLogger({ level: 'info' }).info('the only one')
    setInterval(() => {}, 60_000)
  `
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program])
  t.teardown(() => child.kill('SIGKILL'))
  const [line] = await once(child.stdout, 'data')
  t.match(JSON.parse(line), { msg: 'the only one' })
})
