import t from 'tap'
import { reference } from '../../src/commands/reference.ts'

t.test('what is made from the code is what the code makes: npm run reference', async (t) => {
  const surroundings = { env: {}, stdin: process.stdin, stdout: process.stdout, stderr: process.stderr }
  await t.resolves(reference(['--check'], { ...surroundings, signal: new AbortController().signal, onHangUp() {} }))
})
