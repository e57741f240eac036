import { Readable } from 'node:stream'
import t from 'tap'
import { key } from '../../src/commands/key.ts'
import { hashKey } from '../../src/config/key-hash.ts'

async function run(args: string[], input = '') {
  let printed = ''
  await key(args, { stdin: Readable.from([input]), stdout: { write: (text) => (printed += text) } })
  return printed
}

t.test('a key is long, random, safe everywhere, and shown with the hash for the configuration', async (t) => {
  const printed = await run(['--client', 'control-m'])
  const [made = ''] = printed.split('\n')
  t.match(made, /^gw_[A-Za-z0-9_-]{43}$/)
  t.match(printed, `clients:\n  control-m:\n    keys: ["${hashKey(made)}"]\n`)
  t.equal(printed.split(made).length, 2, 'shown once')
  t.not((await run([])).split('\n')[0], made)
})

t.test('the hash of a key that exists', async (t) => {
  const abc = 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n'
  t.equal(await run(['--hash'], 'abc\n'), abc)
  t.equal(await run(['--hash'], 'abc'), abc)
  await t.rejects(run(['--hash'], '\n'), { message: /no key on stdin/ })
})

t.test('options that are none are refused', async (t) => {
  await t.rejects(run(['--clinet', 'x']))
})
