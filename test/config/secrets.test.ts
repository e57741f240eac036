import { writeFileSync } from 'node:fs'
import t from 'tap'
import { readSecret, SecretUnavailable } from '../../src/config/secrets.ts'

t.test('a secret is read anew each time, without its final newline', async (t) => {
  const file = `${t.testdir({ secret: 'one\n' })}/secret`
  t.equal(readSecret({ file }, {}), 'one')
  writeFileSync(file, ' two \r\n')
  t.equal(readSecret({ file }, {}), ' two ')
  t.equal(readSecret({ env: 'S' }, { S: 'three' }), 'three')
})

t.test('what leads to no secret says so and shows none', async (t) => {
  const dir = t.testdir({ empty: '\n', lines: 'dose1\ndose2\n' })
  const cases = [
    [{ env: 'S' }, 'environment variable S is not set'],
    [{ file: `${dir}/nope` }, `${dir}/nope cannot be read (no such file)`],
    [{ file: dir }, `${dir} cannot be read (it is a directory)`],
    [{ file: `${dir}/empty` }, `${dir}/empty is empty`],
    [{ file: `${dir}/lines` }, `${dir}/lines holds more than one line`],
  ] as const
  for (const [ref, message] of cases) t.throws(() => readSecret(ref, {}), new SecretUnavailable(message))
})
