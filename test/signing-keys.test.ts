import { rmSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { createReadSigningKeys } from '../src/signing-keys.ts'

const FIRST = 'the first key that signs, 32 bytes at least'
const SECOND = 'the second key that signs, made a year later'

t.test('keys are read anew at each use; one that cannot be read stays as it was', async (t) => {
  const file = `${t.testdir({ key: `${FIRST}\n` })}/key`
  const hidden: string[] = []
  const troubles: string[] = []
  const readKeys = createReadSigningKeys({
    env: { KEY: SECOND },
    onSecret: (secret) => hidden.push(secret),
    onTrouble: (message) => troubles.push(message),
  })
  const refs = [{ file }, { env: 'KEY' }]
  t.same(readKeys(refs), [FIRST, SECOND])
  t.same(hidden, [FIRST, SECOND], 'the log is told of each')

  writeFileSync(file, 'short')
  t.same(readKeys(refs), [FIRST, SECOND])
  rmSync(file)
  t.same(readKeys(refs), [FIRST, SECOND])
  readKeys(refs)
  t.match(troubles, [/holds fewer than 32 bytes/, /no such file/], 'each trouble is told once')

  writeFileSync(file, SECOND)
  t.same(readKeys([{ file }]), [SECOND])
  rmSync(file)
  t.same(readKeys([{ file }]), [SECOND])
  t.equal(troubles.length, 3, 'and again when it comes back')
  t.same(readKeys([{ env: 'NOT_SET' }]), [], 'never there')
})
